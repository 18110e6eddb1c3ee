"""What is kept how long, and that nothing goes before what followed it was proven."""

from __future__ import annotations

import pytest
from unit.backup.altered import flip

from flipside.backup import retention
from flipside.backup.database import thin
from flipside.backup.database.chain import Chain
from flipside.backup.errors import DamagedError
from flipside.backup.keys import remembered
from flipside.backup.names import ALL, HOURLY
from flipside.backup.retention import DAY, Retention

HOUR = 3600.0
KEEP = Retention()


def write(world, count: int, apart: float) -> None:
    """Make that many changes, so many seconds apart, and keep each."""
    for number in range(count):
        world.now += apart - 1
        world.sql(f"INSERT INTO entry (body) VALUES ('{world.now} {number}')")
        world.once()


def collect(world) -> None:
    world.writer.collect(KEEP, world.keys.identities)


def ages(world) -> list[float]:
    return [world.now - moment.at for chain in world.chains() for moment in chain.moments()]


@pytest.fixture
def month(world):
    """14 days with a change every half an hour, collected every six hours; kept are 1, 3 and 10 days."""
    world.now = 20_000 * DAY
    for _ in range(14 * 4):
        write(world, 12, HOUR / 2)
        world.writer.collect(Retention(DAY, 3 * DAY, 10 * DAY), world.keys.identities)
    return world


def test_all_of_a_day_then_hours_then_days(month) -> None:
    found = ages(month)
    assert max(found) < 13 * DAY
    assert len([age for age in found if age < DAY]) >= 47
    hours = [age for age in found if 2 * DAY < age < 3 * DAY]
    assert 23 <= len(hours) <= 26
    days = [age for age in found if 5 * DAY < age < 10 * DAY]
    assert 4 <= len(days) <= 6
    left = set(month.moments())
    for moment, image in month.images.items():
        if moment in left:
            assert month.restored(id=moment) == image
    month.images = {}
    month.whole()


def test_a_thinned_epoch_has_the_last_moment_of_each_hour(world) -> None:
    world.now = 20_000 * DAY
    write(world, 40, HOUR / 8)
    kept = [(moment.id, moment.at) for moment in world.chains()[0].moments()]
    world.now += DAY
    write(world, 1, 1)
    world.now += DAY + 1
    collect(world)
    last = {at // HOUR: name for name, at in kept[1:]}
    found = [moment.id for moment in world.chains()[0].moments()]
    assert found == [kept[0][0], *last.values()]
    for name in found:
        assert world.restored(id=name) == world.images[name]


def test_what_is_marked_is_there_for_another_day(world) -> None:
    write(world, 5, HOUR)
    world.now += DAY
    write(world, 1, 1)
    epoch = world.chains()[0].epoch
    world.now += DAY + 1
    collect(world)
    assert epoch.gone(ALL) in world.repository.heads(epoch)
    assert len(list(world.storage.list(epoch.line(ALL)))) == 4
    world.now += retention.GRACE + 1
    collect(world)
    assert not list(world.storage.list(epoch.line(ALL)))
    assert list(world.storage.list(epoch.line(HOURLY)))
    world.now += 40 * DAY
    collect(world)
    assert world.storage.get(epoch.base)
    world.now += retention.GRACE + 1
    collect(world)
    assert not list(world.storage.list(epoch.prefix))
    assert epoch.label not in remembered(world.writer.state.folder)[1]


def test_nothing_goes_while_what_followed_does_not_prove(world) -> None:
    write(world, 5, HOUR)
    world.now += DAY
    write(world, 1, 1)
    first, second = world.chains()
    path = world.storage.path / second.epoch.chunk(0)
    flip(path)
    world.now += 40 * DAY
    with pytest.raises(DamagedError):
        collect(world)
    assert first.epoch.gone() not in world.repository.heads(first.epoch)
    assert len(list(world.storage.list(first.epoch.line(ALL)))) == 4


def test_the_newest_epoch_stays_however_old_it_is(world) -> None:
    write(world, 3, HOUR)
    world.now += 400 * DAY
    collect(world)
    assert len(world.moments()) == 3


def test_a_thinning_that_was_cut_is_begun_anew(world, monkeypatch) -> None:
    write(world, 9, HOUR)
    world.now += DAY
    write(world, 1, 1)
    world.now += DAY + 1
    monkeypatch.setattr(thin._Line, "finish", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        collect(world)
    monkeypatch.undo()
    assert world.moments()[:9] == list(world.images)[:9]
    collect(world)
    chain = world.chains()[0]
    assert chain.lines == [HOURLY]
    assert [world.restored(id=moment.id) for moment in chain.moments()] == [
        world.images[moment.id] for moment in chain.moments()
    ]


def test_a_base_that_was_never_finished_goes_once_another_is_there(world, monkeypatch) -> None:
    put = world.storage.put

    def cut(name: str, data: bytes) -> None:
        if name.endswith("/base"):
            raise KeyboardInterrupt
        put(name, data)

    monkeypatch.setattr(world.storage, "put", cut)
    with pytest.raises(KeyboardInterrupt):
        world.once()
    monkeypatch.undo()
    world.once()
    collect(world)
    (epoch,) = world.repository.begun("db", world.chains()[0].epoch.subject)
    assert epoch == world.chains()[0].epoch


def test_epochs_of_a_state_that_was_lost_open_with_the_private_key(world) -> None:
    write(world, 3, HOUR)
    (world.writer.state.folder / "keys.json").unlink()
    (world.writer.state.folder / "state.json").unlink()
    world.writer = world.agent()
    world.now += DAY
    write(world, 1, 1)
    world.now += 40 * DAY
    world.writer.collect(KEEP, [])
    assert len(world.chains()) == 2
    collect(world)
    assert len(world.chains()) == 1


def test_a_restore_that_began_before_goes_on(world) -> None:
    write(world, 30, HOUR / 10)
    image = world.restored()
    world.now += DAY
    write(world, 1, 1)
    world.now += DAY + 1
    chain = world.chains()[0]
    steps = chain.batches()
    next(steps)
    collect(world)
    assert len(list(steps)) == 28
    assert world.restored(id="1.29") == image


def test_a_chain_whose_end_was_cut_is_refused_where_another_follows(world) -> None:
    write(world, 5, HOUR)
    world.now += DAY
    write(world, 1, 1)
    first, second = (chain.epoch for chain in world.chains())
    world.storage.delete(first.increment(4))
    after = Chain(world.repository, second, world.keys)
    with pytest.raises(DamagedError, match="the end of the chain was cut"):
        list(Chain(world.repository, first, world.keys, after.base.after).moments())
