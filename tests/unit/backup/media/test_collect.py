"""What is kept how long; and that nothing goes that anybody may come to rely on."""

from __future__ import annotations

from typing import Any

import pytest
from unit.backup.media.meddling import Between, gone, replaced

from flipside.backup.errors import DamagedError
from flipside.backup.media import moments
from flipside.backup.media.due import HOUR
from flipside.backup.retention import DAY, GRACE


def test_forty_days_of_uploads_are_thinned_and_come_back(world) -> None:
    """With a pass every two hours and a collection now and then, as a private key is not at hand."""
    at: dict[float, Any] = {}
    for number in range(40 * 12):
        world.now += 2 * HOUR - 1
        world.write("latest", f"{number}")
        world.write(f"photos/{number % 50}", f"{number}")
        if number % 3 == 0:
            (world.data / f"photos/{number % 7}").unlink(missing_ok=True)
        assert world.writer.once()
        at[world.now] = world.tree()
        if number % 5 == 0:
            world.collect()
        if number % 150 == 149:
            (world.state / "files.json").unlink()
            world.writer = world.agent()
    end = world.now
    for _ in range(3):
        world.now += GRACE + 1
        world.collect()
    found = {
        moment.at: moment.id for moment in moments(world.repository, world.subject, world.keys)
    }
    assert world.verify().moments == len(found)
    assert set(found) <= set(at)
    assert {each for each in at if each > world.now - DAY} <= set(found)
    assert {each for each in found if each < world.now - 30 * DAY} == set()
    for low, high, unit in ((7, 30, DAY), (1, 7, HOUR)):
        there = [each for each in at if world.now - high * DAY < each < end - low * DAY]
        assert {each // unit for each in there} <= {each // unit for each in found}
    assert len(found) < 200
    for time in sorted(found)[:: len(found) // 12]:
        assert world.restored(id=found[time]) == at[time]
    assert world.restored() == world.tree()


def test_what_a_pass_left_that_was_cut_goes(world) -> None:
    world.write("a", "one")
    world.once()
    shelf = world.shelf()
    name = shelf.contents.name(b"left")
    where = f"{shelf.epoch.prefix}f/{name}"
    world.storage.put(where, shelf.contents.sealed(name, 0, b"left"))
    world.collect()
    assert where in world.objects()
    world.now += GRACE + 1
    world.collect()
    assert where not in world.objects()
    assert world.verify().objects == len(world.objects())


def test_two_who_collect_at_once_do_no_harm(world) -> None:
    gone(world)
    world.now += GRACE + 1
    for call, part in (("delete", "/f/"), ("delete", "/gone-"), ("get", "/m/"), ("put", "/gone-")):
        one = Between(world.storage, call, part, lambda: world.collect(world.agent()))
        world.collect(world.agent(one))
        assert world.restored() == world.tree()
        world.verify()
        world.write("b", f"{call}{part}")
        world.once()
        (world.data / "b").unlink()
        world.once()
        world.now += 40 * DAY
        world.collect(world.agent())
        world.now += GRACE + 1


def test_what_cannot_be_read_keeps_everything(world) -> None:
    replaced(world)
    piece = world.shelf().manifest(2).pieces[0]
    where = f"{world.shelf().epoch.prefix}f/{piece}"
    world.storage.delete(where)
    before = set(world.objects())
    world.now += GRACE + 1
    with pytest.raises(DamagedError):
        world.collect()
    assert set(world.objects()) == before
