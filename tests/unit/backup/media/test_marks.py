"""What is marked may come back, and stays."""

from __future__ import annotations

import pytest
from unit.backup.media.meddling import Between, gone, replaced

from flipside.backup.media import collect as collecting
from flipside.backup.media import marks
from flipside.backup.retention import DAY, GRACE


def test_nothing_goes_before_a_day_has_passed_since_it_was_marked(world) -> None:
    replaced(world)
    there = set(world.objects())
    assert world.moments() == ["1.2"]
    world.now += GRACE - 1
    world.collect()
    assert set(world.objects()) == there
    world.now += 2
    world.collect()
    # The list, the piece of it, the content, and the mark.
    assert len(there) - len(world.objects()) == 4
    assert world.verify().objects == len(world.objects())
    assert world.restored() == world.tree()


def test_the_last_that_is_left_stays_though_it_was_marked(world) -> None:
    """The newest was taken away by somebody since."""
    for content in ("one", "two", "three"):
        world.write("a", content)
        world.once()
    world.now += 40 * DAY
    world.collect()
    world.storage.delete(f"{world.shelf().epoch.prefix}m/00000003")
    world.now += GRACE + 1
    world.collect()
    assert world.moments() == ["1.2"]
    assert world.restored()["a"][3] == b"two"


@pytest.mark.parametrize("age", [0, 0.4, 0.6, 0.99, 1.5, 30])
@pytest.mark.parametrize("restarted", [True, False])
def test_a_content_that_comes_back_while_it_is_marked_stays(world, age, restarted) -> None:
    """Whenever it does, whether or not its writer knows it from before."""
    gone(world)
    world.now += age * GRACE
    world.write("b", "comes back")
    if restarted:
        world.writer = world.agent()
    world.once()
    for _ in range(4):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect()
    assert world.verify().objects == len(world.objects())


@pytest.mark.parametrize("restarted", [True, False])
def test_a_content_that_comes_back_once_it_was_deleted_is_put_again(world, restarted) -> None:
    """The writer learns of deletions by others from the marks alone."""
    gone(world)
    world.now += GRACE + 1
    if restarted:
        world.writer = world.agent()
    world.collect(world.agent())
    assert world.shelf().marks() == []
    world.write("b", "comes back")
    world.once()
    assert world.restored() == world.tree()
    world.verify()


def test_what_was_marked_before_a_list_had_it_is_not_put_twice(world) -> None:
    """It is marked as left behind, and stays all the same."""
    world.write("a", "one")
    world.once()
    content = "put long before it is listed"
    world.write("b", content)
    storage = Between(world.storage, "put", "/m/", lambda: world.collect(world.agent()))
    world.writer = world.agent(storage)
    world.once()
    (mark,) = world.shelf().marks()
    assert world.shelf().contents.name(content.encode()) in mark.contents
    world.now += 0.7 * GRACE
    world.write("a", "two")
    before = len(world.objects("f/"))
    world.once()
    assert len(world.objects("f/")) == before + 2
    assert world.restored() == world.tree()


def test_whoever_finds_the_mark_gone_stops_deleting(world, monkeypatch) -> None:
    monkeypatch.setattr(collecting, "STEP", 1)
    gone(world)
    world.now += GRACE + 1
    (mark,) = world.objects("gone-")
    taken = Between(world.storage, "delete", "/f/", lambda: world.storage.delete(mark))
    before = len(world.objects("f/"))
    world.collect(world.agent(taken))
    assert len(world.objects("f/")) == before - 1


def test_a_mark_of_a_clock_that_was_ahead_does_not_stand_for_as_long(world) -> None:
    for content in ("one", "two"):
        world.write("a", content)
        world.once()
    world.now += 4000 * DAY
    world.collect()
    world.now -= 4000 * DAY
    assert world.moments() == ["1.2"]
    world.collect()
    assert world.moments() == ["1.1", "1.2"]
    world.whole()
    for _ in range(3):
        world.now += 40 * DAY
        world.collect()
    assert world.verify().objects == len(world.objects())


def test_what_is_too_much_for_one_mark_is_for_the_next(world, monkeypatch) -> None:
    monkeypatch.setattr(marks, "MOST", 2)
    for number in range(5):
        world.write("a", f"{number}")
        world.once()
    world.now += 40 * DAY
    world.collect()
    (mark,) = world.shelf().marks()
    assert (len(mark.manifests), len(mark.contents)) == (2, 2)
    for _ in range(8):
        assert world.restored() == world.tree()
        world.verify()
        world.now += GRACE + 1
        world.collect()
    assert world.moments() == ["1.5"]
    assert world.verify().objects == len(world.objects())
