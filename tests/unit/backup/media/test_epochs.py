"""Epochs go whole, or stay."""

from __future__ import annotations

import os
import shutil

import pytest

from flipside.backup.errors import DamagedError
from flipside.backup.media.collect import Collector
from flipside.backup.names import FILES, Epoch
from flipside.backup.retention import DAY, GRACE, Retention


def begin_twice(world) -> None:
    """Keep a file; the state is lost, and the next pass begins another epoch."""
    world.write("a", "one")
    world.once()
    shutil.rmtree(world.state)
    world.writer = world.agent()
    world.once()


def test_an_old_epoch_goes_whole_once_the_newest_was_proven(world) -> None:
    begin_twice(world)
    old = world.repository.begun(FILES, world.subject)[0]
    world.now += 40 * DAY
    collect(world)
    assert world.moments() == ["2.1"]
    assert world.storage.get(old.gone()) is not None
    world.now += GRACE - 1
    collect(world)
    assert world.storage.get(old.key) is not None
    world.now += 2
    assert collect(world) == [old]
    assert len(world.repository.begun(FILES, world.subject)) == 1
    assert list(world.storage.list(old.prefix)) == []
    assert world.restored() == world.tree()


def collect(world) -> list[Epoch]:
    """Collect as somebody with a private key does."""
    words = world.repository, world.subject, world.keys, world.state, Retention(), lambda: world.now
    return list(Collector(*words).collect())


def test_an_old_epoch_stays_while_the_newest_does_not_prove(world) -> None:
    begin_twice(world)
    content = next(iter(world.objects("f/")))
    data = world.storage.get(content)
    world.storage.delete(content)
    world.now += 40 * DAY
    with pytest.raises(DamagedError):
        collect(world)
    world.storage.put(content, data)
    assert world.restored(id="1.1") == world.restored(id="2.1")
    collect(world)
    assert world.moments() == ["2.1"]


def test_an_epoch_that_the_agent_cannot_open_stays(world) -> None:
    """It has no private key, and has lost what it remembered."""
    begin_twice(world)
    for _ in range(3):
        world.now += 40 * DAY
        world.collect()
    assert world.moments() == ["1.1", "2.1"]


def test_an_epoch_that_never_came_to_a_list_goes_unless_it_is_the_last(world) -> None:
    world.write("a", "one")
    epoch, _ = world.repository.new_epoch(FILES, world.subject, world.name, world.recipients)
    collect(world)
    assert world.repository.begun(FILES, world.subject) == [epoch]
    world.once()
    assert collect(world) == [epoch]
    world.collect()
    assert world.moments() == ["2.1"]
    world.whole()


def test_a_writer_whose_epoch_is_to_go_begins_another(world) -> None:
    """Its computer slept while another, set up anew, took its place; the lease is a courtesy."""
    world.write("a", "one")
    world.once()
    state = world.state.rename(world.folder / "states/aside")
    other = world.agent()
    world.now += 1
    other.once()
    world.now += 40 * DAY
    collect(world)
    shutil.rmtree(world.state)
    state.rename(world.state)
    world.write("a", "two")
    for _ in range(2):
        world.once()
        assert world.moments() == ["2.1", "3.1"]
        world.writer = world.agent()
    assert world.restored() == world.tree()


def test_keys_of_epochs_that_are_gone_are_forgotten(world) -> None:
    world.write("a", "one")
    world.once()
    (world.state / "files.json").unlink()
    world.writer = world.agent()
    world.once()
    assert len(world.writer._state.keys()) == 2
    for _ in range(2):
        world.now += 40 * DAY
        world.collect()
    assert len(world.writer._state.keys()) == 1
    world.writer = world.agent()
    world.write("a", "two")
    world.once()
    assert world.restored() == world.tree()


def test_a_writer_whose_epoch_was_taken_away_unfinished_begins_another(world) -> None:
    """Another agent began one and collected while this was at its first pass."""
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))
    world.writer = world.agent(most=2500)
    world.writer.once()
    assert world.writer.unfinished
    world.repository.new_epoch(FILES, world.subject, world.name, world.recipients)
    assert len(collect(world)) == 1
    world.now += 1
    while world.writer.once() and world.writer.unfinished:
        world.now += 1
    assert world.moments() == ["3.1"]
    assert world.restored() == world.tree()
