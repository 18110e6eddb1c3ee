"""A computer that takes a repository over from another one, and what it finds there."""

from __future__ import annotations

import shutil

import pytest
from unit.backup.scenes import KEEP
from unit.backup.small import INSERT, Small, attempted

from flipside.backup.errors import BackupError
from flipside.backup.names import DATABASE
from flipside.backup.retention import DAY

pytest_plugins = ["unit.backup.smalls"]


def test_who_comes_back_after_another_took_over_is_restored_from_again(small: Small) -> None:
    """Its own chain is not the newest any more."""
    small.once()
    small.once(INSERT.format("of the first"))
    other = small.elsewhere()
    other.now += 60
    other.once(INSERT.format("of the second"))
    small.now = other.now
    small.writer = small.agent()
    small.once(INSERT.format("of the first again"))
    assert small.moments().items() >= {**small.images, **other.images}.items()
    small.as_live()


def test_a_computer_that_took_over_collects_too(small: Small) -> None:
    """Though it cannot open what was there before: its keys are gone with the first computer."""
    small.once()
    small.once(INSERT.format("first day"))
    small.now += DAY
    small.once(INSERT.format("second day"))
    small.now += 1.1 * DAY
    small.writer.collect(KEEP, [])
    other = small.elsewhere()
    other.now = small.now
    for number in range(12):
        other.now += DAY
        other.once(INSERT.format(f"on the other {number}"))
        other.writer.collect(KEEP, [])
    other.as_live()
    # Of its own days it keeps seven, and two lines of them.
    labels = [epoch.label for epoch in other.repository.begun(DATABASE, other.subject)]
    assert len(labels) < 2 + 10
    assert not list(other.storage.list(f"{DATABASE}/{other.subject}/{labels[2]}/i/"))


def test_a_repository_set_back_to_before_the_epoch_began_is_gone_on_from(small, tmp_path) -> None:
    """As by a copy of it that is a day old; the state of this computer is ahead."""
    small.once()
    shutil.copytree(small.storage.path, tmp_path / "a day old")
    small.now += DAY
    small.once(INSERT.format("next day"))
    small.once(INSERT.format("more"))
    shutil.rmtree(small.storage.path)
    (tmp_path / "a day old").rename(small.storage.path)
    small.writer = small.agent()
    small.once(INSERT.format("after it"))
    assert attempted(small.restored) == small.live()


def test_where_two_began_an_epoch_of_one_number_each_moment_is_one_of_them(small: Small) -> None:
    """Each listed the repository before the other put anything."""
    small.once()
    other = small.elsewhere()
    one, two = [pass_at_once(each, f"of {number}") for number, each in enumerate((small, other))]
    assert one[0].number == two[0].number == 2
    for epoch, image in (one, two):
        # What goes by an id is that, or it is refused as none that names one thing.
        found = attempted(small.restored, id=f"{epoch.number}.0")
        assert found == image or isinstance(found, BackupError), "another one's moment"


def pass_at_once(small: Small, body: str):
    """Make a base as if nobody else had begun one; return its epoch and its image."""
    begun = small.repository.__class__.begun
    mine = [each for each in small.repository.begun(DATABASE, small.subject) if each.number == 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small.repository.__class__, "begun", lambda *_: mine)
        small.now += DAY
        assert small.once(INSERT.format(body)).kind == "base"
    assert small.repository.__class__.begun is begun
    return small.writer._tip.epoch, small.live()


def test_an_epoch_that_somebody_else_began_is_not_the_newest_for_long(small: Small) -> None:
    """Though nothing is written here any more."""
    small.once()
    other = small.elsewhere()
    other.once(INSERT.format("of somebody else"))
    small.now = other.now
    assert attempted(small.restored) == other.live()
    small.writer.collect(KEEP, [])
    assert small.once().kind == "base"
    assert attempted(small.restored) == small.live()
