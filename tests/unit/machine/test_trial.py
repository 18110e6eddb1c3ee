"""A generation on trial: started, asked through its own socket, and explained if it fails."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine import generation as generations
from flipside.machine import seal, trial


def start(stage: Any, want: Any) -> None:
    trial.start(want, stage.fleet, stage.story, generations.make(want))


def test_one_that_serves_passes(stage: Any) -> None:
    start(stage, stage.want("1"))
    assert stage.fleet.told == ["start 1"]


def test_one_that_does_not_is_explained_by_its_log(stage: Any) -> None:
    want = stage.want("1")
    stage.fleet.statuses[want.release] = 500
    with pytest.raises(DeployError, match="500") as caught:
        start(stage, want)
    assert str(caught.value.where).endswith("blog.production/app.log")
    assert caught.value.next == "flipside app.logs"


def test_app_that_writes_into_its_release_is_refused(stage: Any) -> None:
    """It would lose that at its next release."""
    want = stage.want("1")
    seal.seal(want.release_dir)
    (want.release_dir / "tree").chmod(0o755)
    (want.release_dir / "tree/app.log").write_text("x")
    with pytest.raises(DeployError, match=r"app\.log: add that to `data:`"):
        start(stage, want)
