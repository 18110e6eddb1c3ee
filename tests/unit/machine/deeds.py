"""What a switch does to the world, counted, and made to fail or to be killed at any of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from flipside.machine import generation as generations
from flipside.machine import health, hold, journal, restoring, seal, snapshot, steps

# Everything that a switch does to the world goes through one of these.
DEEDS = [
    (generations, "make"),
    (generations, "point"),
    (health, "drain"),
    (health, "wait_healthy"),
    (hold.Hold, "release_to"),
    (journal, "write"),
    (journal, "clear"),
    (seal, "remove"),
    (snapshot, "take"),
    (restoring, "restore"),
    (steps, "run_step"),
]
# More than any switch does.
MANY = 60


class CutError(Exception):
    """The failure that a test makes happen."""


class Deeds:
    """Counts what a switch does, and fails before a given deed."""

    def __init__(self, stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count, self.at, self.fail = 0, -1, self.raised
        every = [*DEEDS, (stage.fleet, "start"), (stage.fleet, "stop")]
        for owner, name in every:
            monkeypatch.setattr(owner, name, self.counted(getattr(owner, name)))

    def counted(self, deed: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.count += 1
            if self.count == self.at:
                self.fail()
            return deed(*args, **kwargs)

        return call

    def raised(self) -> None:
        raise CutError

    def killed(self) -> None:
        os._exit(9)

    def arm(self, at: int, fail: Callable[[], None]) -> None:
        self.count, self.at, self.fail = 0, at, fail
