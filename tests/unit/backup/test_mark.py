"""Marks of what is about to be deleted, and who made them."""

from __future__ import annotations

import pytest

from flipside.backup import mark
from flipside.backup.epochs import remove, usable
from flipside.backup.errors import DamagedError
from flipside.backup.keys import Identities
from flipside.backup.names import ALL, DATABASE, WHOLE
from flipside.backup.retention import DAY, GRACE
from flipside.secrets import identity


@pytest.fixture
def chain(world):
    world.once()
    return world.chains()[0]


def over(world, chain, line: str, now: float) -> bool:
    return mark.is_due(world.repository, world.keys, chain.epoch, line, now)


def offered(world, chain) -> list:
    return list(usable(world.repository, DATABASE, chain.epoch.subject, world.keys))


def test_a_mark_is_over_a_day_later(world, chain) -> None:
    assert not over(world, chain, ALL, 5 * DAY)
    mark.put(world.repository, chain.key, chain.epoch, ALL, DAY)
    assert [over(world, chain, ALL, DAY + GRACE), over(world, chain, ALL, 1 + DAY + GRACE)] == [
        False,
        True,
    ]
    assert mark.read(world.repository, chain.key, chain.epoch, ALL) == DAY


def test_a_mark_of_a_time_to_come_is_taken_back(world, chain) -> None:
    mark.put(world.repository, chain.key, chain.epoch, WHOLE, 9 * DAY)
    assert offered(world, chain) == []
    assert not over(world, chain, WHOLE, DAY)
    assert offered(world, chain) == [chain.epoch]


def test_a_mark_that_nobody_with_the_key_made_is_damage(world, chain) -> None:
    world.storage.put(chain.epoch.gone(), b"forged")
    for look in (lambda: over(world, chain, WHOLE, DAY), lambda: offered(world, chain)):
        with pytest.raises(DamagedError):
            look()


def test_who_cannot_open_an_epoch_deletes_nothing_of_it(world, chain) -> None:
    mark.put(world.repository, chain.key, chain.epoch, WHOLE, DAY)
    other = Identities(world.repository, [identity.parsed(identity.generate())])
    assert not mark.is_due(world.repository, other, chain.epoch, WHOLE, 9 * DAY)


def test_what_is_left_of_a_removal_is_gone_and_goes(world, chain) -> None:
    mark.put(world.repository, chain.key, chain.epoch, WHOLE, DAY)
    world.storage.delete(chain.epoch.key)
    assert offered(world, chain) == []
    assert over(world, chain, WHOLE, DAY)
    remove(world.repository, chain.epoch)
    assert list(world.storage.list(chain.epoch.prefix)) == []
