"""What a pass stores of a folder's files, and that each moment comes back."""

from __future__ import annotations

import os
import random

import pytest
from unit.backup.media.changing import something

from flipside.backup.errors import BackupError


def test_all_then_what_is_new_then_nothing(world) -> None:
    world.write("a", "one")
    world.write("sub/b", "two")
    stored = world.once()
    assert (stored.kind, stored.pages, stored.at) == ("files", 3, world.now)
    assert world.once() is None
    world.write("sub/c", "three")
    assert world.once().pages == 1
    assert world.once() is None
    assert world.moments() == ["1.1", "1.2"]
    assert world.writer.moment == "1.2"
    world.whole()


def test_nothing_at_all_is_a_moment_too(world) -> None:
    assert world.once().pages == 0
    world.write("a")
    world.once()
    (world.data / "a").unlink()
    world.once()
    world.whole()
    assert world.restored() == {}


def test_a_pass_without_changes_does_not_ask_the_storage(world, monkeypatch) -> None:
    world.write("a")
    world.once()
    for name in ("put", "get", "list", "folders", "delete"):
        monkeypatch.setattr(type(world.storage), name, None)
    world.now += 10 * 86400
    assert world.writer.once() is None


@pytest.mark.parametrize("seed", range(12))
def test_random_histories_restore_at_each_time(world, chunk, seed) -> None:
    chance, times = random.Random(seed), {}
    for _ in range(20):
        for _ in range(chance.randrange(5)):
            something(world.data, chance)
        if chance.random() < 0.15:
            world.writer = world.agent()
        world.now += chance.random() * 1000
        world.once()
        assert world.writer.problems == ()
        times[world.now] = world.trees[world.moments()[-1]]
    for at, wanted in times.items():
        assert world.restored(at=at) == wanted
        assert world.restored(at=at + 0.5) == wanted
    world.whole()


def test_equal_content_is_stored_once(world) -> None:
    content = os.urandom(100_000)
    world.write("a", content)
    first = world.once().size
    for name in "bcd":
        world.write(name, content)
    os.link(world.data / "a", world.data / "hard")
    world.write("twice", content)
    assert world.once().size < 2000 < first
    (world.data / "a").rename(world.data / "sub")
    (world.data / "sub").chmod(0o600)
    assert world.once().size < 2000
    world.whole()


def test_a_folder_that_is_gone_is_said_and_nothing_is_stored(world) -> None:
    world.write("a")
    world.once()
    world.data.rename(world.folder / "elsewhere")
    with pytest.raises(BackupError, match="cannot read"):
        world.once()
    assert world.moments() == ["1.1"]
    (world.folder / "elsewhere").rename(world.data)
    world.write("b")
    assert world.once()
    world.whole()
