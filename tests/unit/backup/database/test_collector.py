"""What a collection must not do where objects are damaged, keys are lost, or the clock is wrong."""

from __future__ import annotations

import shutil

import pytest
from unit.backup.altered import altered, flip
from unit.backup.faulty import Faulty
from unit.backup.scenes import HOUR, collect
from unit.backup.small import INSERT, Small, attempted

from flipside.backup.database.chain import Chain
from flipside.backup.database.chains import find
from flipside.backup.database.rebuild import write
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.moment import Until
from flipside.backup.names import ALL, DATABASE
from flipside.backup.retention import DAY

pytest_plugins = ["unit.backup.smalls"]


def still(small: Small) -> None:
    """Assert that every moment is there as it was."""
    assert small.moments() == small.images


class Rotting(Faulty):
    """A storage on which a bit of what goes by a name flips."""

    def put(self, name: str, data: bytes) -> None:
        self.real.put(name, altered(data) if "/h/" in name else data)


def test_passes_stay_while_the_hours_that_are_to_follow_them_do_not_prove(due: Small) -> None:
    """However often that is tried."""
    due.behind(Rotting(due.storage))
    for _ in range(4):
        with pytest.raises(DamagedError):
            collect(due)
        due.now += 0.6 * DAY
        still(due)


def test_passes_stay_where_the_hours_were_put_and_never_proven(due: Small) -> None:
    """As by one that was killed just then; and then they were damaged."""

    def cut(what: str, name: str) -> None:
        if what == "put" and name.endswith("/hours"):
            raise KeyboardInterrupt

    due.behind(Faulty(due.storage))
    due.storage.after = cut
    with pytest.raises(KeyboardInterrupt):
        collect(due)
    due.behind(due.storage.real)
    epoch = due.chains()[0].epoch
    path = due.storage.path / epoch.increment(1, "h")
    flip(path)
    for _ in range(3):
        attempted(collect, due)
        due.now += 0.6 * DAY
    still(due)


def test_passes_that_cannot_be_thinned_stay_until_they_are_too_old_for_hours(due: Small) -> None:
    epoch = due.chains()[0].epoch
    path = due.storage.path / epoch.increment(6)
    flip(path)
    with pytest.raises(DamagedError):
        collect(due)
    assert len(list(due.storage.list(epoch.line(ALL)))) == 6
    assert epoch.gone(ALL) not in due.repository.heads(epoch)


def test_what_is_damaged_does_not_keep_what_is_newer_from_being_collected(due: Small) -> None:
    first = due.chains()[0].epoch
    path = due.storage.path / first.chunk(0)
    flip(path)
    for number in range(8):
        due.now += DAY
        due.once(INSERT.format(number))
        attempted(collect, due)
    marked = [Chain(due.repository, epoch, due.keys) for epoch in due.usable()]
    assert any(chain.lines != ["i", "h"] for chain in marked if chain.epoch != first)


def test_a_mark_that_cannot_be_opened_does_not_keep_the_rest_from_being_collected(due) -> None:
    collect(due)
    shutil.rmtree(due.state)
    due.writer = due.agent()
    for number in range(14):
        due.now += DAY
        due.once(INSERT.format(number))
        collect(due)
    assert len(due.repository.begun(DATABASE, due.subject)) < 12
    due.as_live()


@pytest.mark.parametrize("later", [0.5, 1.5], ids=["before they are deleted", "after it"])
@pytest.mark.parametrize("at", range(1, 9))
def test_a_restore_that_a_collection_comes_between_is_right_or_refused(due, at, later) -> None:
    """Nothing that it reads goes within a day; and what is gone is not taken for what never was."""
    due.behind(Faulty(due.storage))
    asked = 0

    def collected(what: str, name: str) -> None:
        nonlocal asked
        asked += what == "get"
        if asked == at and what == "get":
            due.storage.before = lambda what, name: None
            collect(due)
            due.now += later * DAY
            collect(due)

    wanted = due.chains()[0].base.at + 2.1 * HOUR
    chain = find(due.repository, due.name, Until(at=wanted), due.keys)
    due.storage.before = collected
    found = attempted(write, chain, due.folder / "restored.db", Until(at=wanted))
    assert later > 1 or not isinstance(found, BackupError)
    if not isinstance(found, BackupError):
        assert found.id == "1.4"
        assert (due.folder / "restored.db").read_bytes() == due.images["1.4"]
