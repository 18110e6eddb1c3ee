"""What is left, and gone on from, when a pass is ended by SIGKILL anywhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from unit.backup.kill_points import killed, points
from unit.backup.scenes import (
    base_of_a_new_day,
    base_of_another_page_size,
    first_base,
    increment,
    partial_increments,
    shrinking_in_parts,
)
from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.database import steps, writer

INCREMENTS = (increment, partial_increments, shrinking_in_parts)
BASES = (first_base, base_of_a_new_day, base_of_another_page_size)
Kill = Callable[[Callable[[Small], None]], Iterator[Small]]


@pytest.fixture
def each_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kill:
    """Copies of a scene in each of which a pass was killed at another point."""
    monkeypatch.setattr(steps, "most", lambda page_size: 3)
    # A kill leaves what the system was given, so that nothing here waits for a disk.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)

    def run(scene: Callable[[Small], None]) -> Iterator[Small]:
        small = Small(tmp_path / "scene")
        small.sql(*TABLE)
        scene(small)
        count = points(small.copy(tmp_path / "whole").once, tmp_path / "count")
        assert count > 20
        for at in range(1, count + 1):
            copy = small.copy(tmp_path / str(at))
            killed(copy.once, at)
            yield copy

    return run


@pytest.mark.parametrize("scene", INCREMENTS + BASES, ids=lambda scene: scene.__name__)
def test_a_pass_that_was_killed_anywhere_is_gone_on_from(each_kill, scene) -> None:
    for small in each_kill(scene):
        live = small.live()
        held(small, live)
        small.writer = small.agent()
        small.once()
        held(small, live)
        assert small.restored() == live
        small.once(INSERT.format("later"))
        small.as_live()


@pytest.mark.parametrize("scene", INCREMENTS[:1] + BASES[1:], ids=lambda scene: scene.__name__)
def test_what_was_undone_after_the_kill_is_not_what_a_restore_brings_back(each_kill, scene) -> None:
    for small in each_kill(scene):
        before = {small.live(), *small.images.values()}
        small.writer = small.agent()
        small.once("DELETE FROM entry WHERE id > 2", "VACUUM")
        assert set(small.moments().values()) <= {*before, small.live()}
        small.as_live()


def test_a_base_that_was_put_and_not_noted_ends_the_chain_before_it(each_kill, monkeypatch) -> None:
    """Though what asked for it is undone by the next pass."""
    monkeypatch.setattr(writer, "FEW", 2)

    def much_changed(small: Small) -> None:
        increment(small)
        small.sql(FILL.format(n=60))

    for small in each_kill(much_changed):
        small.writer = small.agent()
        small.once("DELETE FROM entry WHERE id > 3", "VACUUM", INSERT.format("later"))
        small.as_live()


def held(small: Small, live: bytes) -> None:
    """Assert that each moment before is what it was, and any other one what is there now."""
    found = small.moments()
    assert small.images.items() <= found.items()
    assert {image for name, image in found.items() if name not in small.images} <= {live}
