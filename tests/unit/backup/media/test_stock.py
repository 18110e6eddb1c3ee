"""A writer relies on nothing that others delete."""

from __future__ import annotations

import random

import pytest
from unit.backup.media.meddling import Between, gone

from flipside.backup.media.due import HOUR
from flipside.backup.retention import DAY, GRACE


@pytest.mark.parametrize("hour", [1, 11, 13, 23, 25, 26, 40])
def test_a_busy_writer_notices_what_another_process_deletes(world, hour) -> None:
    """It never waits long enough to look at everything anew."""
    gone(world)
    other = world.agent()
    for now in range(45):
        world.now += HOUR
        world.write("tick", f"{now}")
        if now >= hour:
            world.write("b", "comes back")
        world.writer.once()
        assert world.restored() == world.tree()
        world.verify()
        world.collect(other)


def test_a_writer_that_slept_through_it_all_notices(world) -> None:
    """The mark came and went while its computer was suspended."""
    world.write("a", "stays")
    world.write("b", "comes back")
    world.once()
    (world.data / "b").unlink()
    world.once()
    other = world.agent()
    for _ in range(3):
        world.now += 40 * DAY
        world.collect(other)
    assert world.shelf().marks() == []
    world.write("b", "comes back")
    world.once()
    assert world.restored() == world.tree()
    world.verify()


MOMENTS = [
    ("list", "/f/"),
    ("list", "/m/"),
    ("get", "/m/"),
    ("get", "/gone-"),
    ("delete", "/f/"),
    ("delete", "/m/"),
    ("delete", "/gone-"),
    ("put", "/gone-"),
    ("folders", "files/"),
]


@pytest.mark.parametrize("where", MOMENTS, ids="-".join)
@pytest.mark.parametrize("age", [0.1, 0.7, 1.1])
def test_a_pass_in_the_middle_of_a_collection(world, where, age) -> None:
    """Another computer's, or another process's: whenever it comes, all that it lists is there."""
    gone(world)
    world.now += age * GRACE
    world.write("b", "comes back")
    world.write("c", "new")
    passed = []
    collector = world.agent(Between(world.storage, *where, lambda: passed.append(world.once())))
    world.collect(collector)
    if passed:
        assert world.restored() == world.tree()
    world.once()
    for _ in range(3):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect()
    assert world.verify().objects == len(world.objects())


@pytest.mark.parametrize("part", ["/f/", "/m/"])
@pytest.mark.parametrize("age", [0.1, 0.45, 0.7, 1.1])
def test_a_collection_in_the_middle_of_a_pass(world, part, age) -> None:
    gone(world)
    world.now += age * GRACE
    world.write("b", "comes back")
    world.write("c", "new")
    happened = []

    def collect() -> None:
        happened.append(world.collect(world.agent()))

    world.writer = world.agent(Between(world.storage, "put", part, collect))
    world.once()
    assert happened
    for _ in range(3):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect(world.agent())
    assert world.verify().objects == len(world.objects())


def test_a_pass_that_takes_days_finds_what_it_put_deleted_and_puts_it_again(world) -> None:
    """Marked while no list had it yet, and swept by another computer before one did."""
    world.write("a", "one")
    world.once()
    world.write("b", "two")
    days = []

    def pass_by() -> None:
        for _ in range(3):
            world.now += GRACE + 1
            world.collect(other)
        days.append(True)

    other = world.agent()
    storage = Between(world.storage, "list", "/f/", None)
    world.writer = world.agent(storage)
    world.write("b", "two")
    real = world.writer._pass

    def slow(line, found):
        look = line.stock.look

        def later():
            if not days:
                pass_by()
            look()

        line.stock.look = later
        return real(line, found)

    world.writer._pass = slow
    assert world.writer.once()
    assert days
    assert world.restored() == world.tree()
    world.verify()


@pytest.mark.parametrize("seed", range(8))
def test_any_order_of_passes_and_collections(world, seed) -> None:
    """Two collect, one of them in the middle of what the other and the writer do; contents come and go."""
    chance = random.Random(seed)
    storage = Between(world.storage, "", "", None)
    calls = ("put", "get", "list", "delete")
    for _ in range(60):
        world.now += chance.choice([1, HOUR, DAY / 3, 2 * DAY, 20 * DAY])
        for name in "abc":
            (world.data / name).unlink(missing_ok=True)
            if chance.random() < 0.5:
                world.write(name, f"content {chance.randrange(4)}")
        other = world.agent()
        storage._call, storage._part = (
            chance.choice(calls),
            chance.choice(["/f/", "/m/", "/gone-", ""]),
        )
        if chance.random() < 0.5:
            storage._happens = lambda other=other: world.collect(other)
            writer = world.agent(storage) if chance.random() < 0.3 else world.writer
            writer._repository.storage  # noqa: B018 - the one that was given to it
            world.writer = writer
            world.writer.once()
        else:
            world.writer = world.agent()
            storage._happens = world.writer.once
            world.collect(world.agent(storage))
            world.writer.once()
        storage._happens = None
        assert world.restored() == world.tree()
        world.verify()
    for _ in range(3):
        world.now += 40 * DAY
        world.collect()
    assert world.verify().objects == len(world.objects())
