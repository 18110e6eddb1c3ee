"""Applying the highstate from afar."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.salt import highstate


class Narrator:
    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.told.append(title)
        yield

    def detail(self, text: str) -> None:
        self.told.append(text)


def outcome(**more: Any) -> dict[str, Any]:
    return {"total": 3, "changed": [], "failed": [], "refused": [], **more}


def test_changes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    found = outcome(changed=[{"id": "nginx-config"}])
    monkeypatch.setattr(highstate, "call", lambda machine, verb: found)
    narrator = Narrator()
    assert highstate.apply(None, narrator) == found
    assert narrator.told == ["Highstate", "changed nginx-config"]


@pytest.mark.parametrize(
    "more",
    [{"failed": [{"id": "nginx", "comment": "no port"}]}, {"refused": ["nginx: no port"]}],
)
def test_failures_and_refusals_are_raised(more: dict[str, Any]) -> None:
    with pytest.raises(MachineError, match="nginx: no port") as caught:
        highstate.raise_failures(outcome(**more))
    assert caught.value.next == "flipside platform.doctor"


def test_all_well_raises_nothing() -> None:
    highstate.raise_failures(outcome(changed=[{"id": "x"}]))
