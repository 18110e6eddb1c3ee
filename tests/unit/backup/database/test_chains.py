"""Epochs in their order, each held to what the one after it knows."""

from __future__ import annotations

import shutil

import pytest

from flipside.backup.database.chains import chains, find
from flipside.backup.errors import BackupError, DamagedError, UnopenedError
from flipside.backup.keys import Identities
from flipside.backup.moment import Until
from flipside.backup.names import subject_id
from flipside.backup.retention import DAY
from flipside.secrets import identity


@pytest.fixture
def days(world):
    """Three days, an epoch each."""
    for number in range(3):
        world.now += DAY
        world.sql(f"INSERT INTO entry (body) VALUES ('{number}')")
        world.once()
        world.sql(f"INSERT INTO entry (body) VALUES ('{number} again')")
        world.once()
    return world


def opened(world, keys=None, **wanted) -> list[int]:
    subject = subject_id(world.repository.id, world.name)
    return [c.epoch.number for c in chains(world.repository, subject, keys or world.keys, **wanted)]


def test_the_newest_comes_first(days) -> None:
    assert opened(days) == [3, 2, 1]
    assert opened(days, until=Until(id="2.1")) == [2]


def test_an_end_that_was_cut_is_known_from_the_epoch_after(days) -> None:
    days.storage.delete(days.chains()[1].epoch.increment(1))
    with pytest.raises(DamagedError, match="the end of the chain was cut"):
        [list(chain.moments()) for chain in days.chains()]


def test_without_the_key_there_is_nothing_or_an_error(days) -> None:
    other = Identities(days.repository, [identity.parsed(identity.generate())])
    assert opened(days, other, lenient=True) == []
    with pytest.raises(UnopenedError):
        opened(days, other)


def test_a_moment_is_found_in_its_epoch(days) -> None:
    at = days.chains()[1].base.at + 10
    wanted = {Until(): 3, Until(id="1.1"): 1, Until(at=at): 2}
    for until, number in wanted.items():
        assert find(days.repository, days.name, until, days.keys).epoch.number == number


def test_what_there_is_not_is_said(days) -> None:
    for name, until in ((days.name, Until(at=5.0)), (days.name, Until(id="9.1")), ("x", Until())):
        with pytest.raises(BackupError, match=r"nothing was kept|has no database"):
            find(days.repository, name, until, days.keys)


def test_an_id_that_two_computers_gave_is_refused(days) -> None:
    epoch = days.chains()[1].epoch
    there = days.storage.path / epoch.prefix
    shutil.copytree(there, there.with_name(f"{epoch.number:08d}-00000000"))
    with pytest.raises(BackupError, match="that of two moments"):
        find(days.repository, days.name, Until(id="2.1"), days.keys)


def test_the_size_of_a_base_is_that_of_all_its_objects(days) -> None:
    chain = days.chains()[0]
    (manifest,) = [one.size for one in days.storage.list(chain.epoch.prefix) if "/base" in one.name]
    chunks = sum(one.size for one in days.storage.list(chain.epoch.chunks))
    assert next(chain.moments()).size == manifest + chunks > manifest
