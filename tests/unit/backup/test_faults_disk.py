"""A disk that is full, or fails, at any point of a pass: what is kept goes on from there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import pytest
from unit.backup.kill_points import CALLS, ROOM, Points, failing, full, in_child, points
from unit.backup.scenes import base_of_a_new_day, increment, partial_increments
from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.agent import attempt
from flipside.backup.database import steps, writer


@pytest.fixture
def each_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Does something to copies of a scene, each with the fault at another point."""
    monkeypatch.setattr(steps, "most", lambda page_size: 3)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)

    def run(scene: Callable[[Small], None], calls: Iterable[str], do: Callable[..., None]) -> None:
        small = Small(tmp_path / "scene")
        small.sql(*TABLE)
        scene(small)
        count = points(small.copy(tmp_path / "whole").once, tmp_path / "count", calls)
        for at in range(1, count + 1):
            copy = small.copy(tmp_path / str(at))
            assert in_child(partial(do, copy, at)) == 0
            assert small.images.items() <= copy.moments().items()
            copy.as_live()

    return run


def much_changed(small: Small) -> None:
    increment(small)
    small.sql(FILL.format(n=60))


@pytest.mark.parametrize("scene", [increment, base_of_a_new_day, much_changed])
def test_where_a_disk_fails_once_the_same_agent_goes_on(each_fault, monkeypatch, scene) -> None:
    monkeypatch.setattr(writer, "FEW", 4)

    def twice(small: Small, at: int) -> None:
        Points(at, failing, (*CALLS, "fsync"))
        small.now += 1
        attempt(small.writer)
        small.once(INSERT.format("later"))
        small.once(INSERT.format("last"))

    each_fault(scene, (*CALLS, "fsync"), twice)


@pytest.mark.parametrize("scene", [partial_increments, base_of_a_new_day])
def test_where_a_disk_is_full_the_agent_goes_on_once_there_is_room(each_fault, scene) -> None:
    """Every other time a new one does."""

    def full_for_two_passes(small: Small, at: int) -> None:
        disk = Points(at, full, ROOM, lasting=True)
        assert attempt(small.writer).error
        small.now += 1
        attempt(small.writer)
        disk.end()
        if at % 2:
            small.writer = small.agent()
        small.once(INSERT.format("later"))

    each_fault(scene, ROOM, full_for_two_passes)
