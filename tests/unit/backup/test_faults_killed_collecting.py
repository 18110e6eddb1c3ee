"""What can be restored when a collection is ended by SIGKILL anywhere, and that it is gone on with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from unit.backup.kill_points import killed, points
from unit.backup.scenes import STAGES, collect, two_days
from unit.backup.small import TABLE, Small

from flipside.backup.database import steps
from flipside.backup.names import DATABASE
from flipside.backup.retention import DAY

Kills = Callable[[int], Iterator[tuple[Small, Small, Small]]]


@pytest.fixture
def each_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kills:
    """Before a stage, after it, and copies in each of which it was killed at another point."""
    monkeypatch.setattr(steps, "most", lambda page_size: 4)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)

    def run(stage: int) -> Iterator[tuple[Small, Small, Small]]:
        before = Small(tmp_path / "before")
        two_days(before)
        began = before.now
        for days in list(STAGES.values())[:stage]:
            before.now = began + days * DAY
            collect(before)
        before.now = began + list(STAGES.values())[stage] * DAY
        after = before.copy(tmp_path / "after")
        count = points(partial(collect, after), tmp_path / "count")
        assert count > 4
        for at in range(1, count + 1):
            small = before.copy(tmp_path / str(at))
            killed(partial(collect, small), at)
            yield before, after, small

    return run


@pytest.mark.parametrize("stage", range(len(STAGES)), ids=STAGES)
def test_a_collection_that_was_killed_anywhere_is_gone_on_with(each_kill, stage) -> None:
    seen = set()
    for before, after, small in each_kill(stage):
        kept, found = after.moments(), small.moments()
        assert kept.items() <= found.items() <= before.moments().items()
        seen.add(len(found))
        small.writer = small.agent()
        collect(small)
        assert small.moments() == kept
        assert objects(small) == objects(after)
        small.as_live()
    assert len(before.moments()) in seen


def test_a_base_that_was_never_finished_is_gone_however_often_it_is_killed(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    killed(small.once, points(small.copy(tmp_path / "whole").once, tmp_path / "count") // 2)
    small.writer = small.agent()
    small.once()
    assert len(small.repository.begun(DATABASE, small.subject)) == 2
    count = points(partial(collect, small.copy(tmp_path / "again")), tmp_path / "count")
    for _ in range(count):
        killed(partial(collect, small), 2)
        small.as_live()
        if len(small.repository.begun(DATABASE, small.subject)) == 1:
            break
    collect(small)
    assert len(small.repository.begun(DATABASE, small.subject)) == 1
    assert small.moments() == small.images


def objects(small: Small) -> list[str]:
    """What the repository has."""
    return [each.name for each in small.storage.list("")]
