"""Answers that are lost, and a storage that is down or full."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from unit.backup import faulty
from unit.backup.faulty import Faulty
from unit.backup.scenes import (
    STAGES,
    base_of_a_new_day,
    collect,
    first_base,
    increment,
    partial_increments,
    two_days,
)
from unit.backup.small import INSERT, TABLE, Small

from flipside.backup.agent import attempt
from flipside.backup.database import steps
from flipside.backup.errors import BackupError
from flipside.backup.names import DATABASE


def changes(small: Small, do: Callable[[], object]) -> int:
    """How often something is put or deleted."""
    small.behind(Faulty(small.storage))
    do()
    return len(small.storage.asked)


@pytest.mark.parametrize(
    "scene",
    [first_base, increment, partial_increments, base_of_a_new_day],
    ids=lambda s: s.__name__,
)
@pytest.mark.parametrize("restarted", [False, True], ids=["same agent", "new agent"])
def test_a_put_whose_answer_was_lost_is_gone_on_from(
    tmp_path, monkeypatch, scene, restarted
) -> None:
    monkeypatch.setattr(steps, "most", lambda page_size: 2)
    whole = Small(tmp_path / "scene")
    whole.sql(*TABLE)
    scene(whole)
    for which in range(changes(copy := whole.copy(tmp_path / "whole"), copy.once)):
        small = whole.copy(tmp_path / str(which))
        small.behind(Faulty(small.storage))
        small.storage.lose(which)
        assert "lost" in str(attempt(small.writer).error)
        small.writer = small.agent() if restarted else small.writer
        # What was not noted is undone.
        small.once("DELETE FROM entry WHERE id > 2", "VACUUM")
        small.as_live()
        small.once(INSERT.format("later"))
        small.as_live()
        assert whole.images.items() <= small.moments().items()


def test_a_collection_whose_answers_are_lost_is_gone_on_with(tmp_path) -> None:
    small = Small(tmp_path / "small")
    two_days(small)
    small.behind(Faulty(small.storage))
    began, before = small.now, small.moments()
    for days in STAGES.values():
        small.now = began + days * 86400
        for which in range(100):
            small.storage.lose(which)
            try:
                collect(small)
            except BackupError:
                assert small.moments().items() <= before.items()
            else:
                break
    assert list(small.moments()) == ["2.0", "2.1"]
    small.as_live()


@pytest.mark.parametrize("fault", [faulty.down, faulty.full], ids=["down", "full"])
def test_a_storage_that_is_out_of_order_for_an_hour_costs_only_that_hours_moments(
    tmp_path, fault
) -> None:
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    small.once()
    small.once(INSERT.format("before"))
    small.behind(Faulty(small.storage))
    small.storage.before = fault
    state = files(small.state)
    for number in range(120):
        small.now += 30
        small.sql(INSERT.format(number))
        assert attempt(small.writer).error
    assert files(small.state) - state <= {"pending"}
    small.storage.before = faulty.well
    small.once()
    assert small.moments().items() >= small.images.items()
    assert len(small.moments()) <= len(small.images) + 1
    small.as_live()


def test_bases_that_fail_again_and_again_leave_nothing_in_the_end(tmp_path) -> None:
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    small.behind(Faulty(small.storage))

    def without_bases(what: str, name: str) -> None:
        if name.endswith("/base"):
            raise BackupError("the storage does not answer", name)

    small.storage.before = without_bases
    for _ in range(20):
        small.now += 300
        assert attempt(small.writer).error
    small.storage.before = faulty.well
    small.once()
    collect(small)
    (epoch,) = small.repository.begun(DATABASE, small.subject)
    assert small.moments() == small.images == {f"{epoch.number}.0": small.live()}
    assert (small.state / "keys.json").read_text().count('"key":') == 1


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
