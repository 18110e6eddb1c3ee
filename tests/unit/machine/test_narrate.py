"""Events that reach the laptop while things happen."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.machine.narrate import Story


def test_step_tells_its_beginning_and_its_good_end() -> None:
    told: list[dict[str, Any]] = []
    story = Story(told.append)
    with story.step("Build"):
        story.detail("half way")
    assert told[:2] == [{"step": "Build"}, {"detail": "half way"}]
    assert told[2]["done"] == "Build"
    assert 0 <= told[2]["seconds"] < 5


def test_failed_step_never_ends_well() -> None:
    told: list[dict[str, Any]] = []

    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError), Story(told.append).step("Build"):
        fail()
    assert told == [{"step": "Build"}, {"failed": "Build"}]
