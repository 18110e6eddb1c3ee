"""Files in each kind of storage: a folder, and a bucket over HTTP."""

from __future__ import annotations

import os

pytest_plugins = ["unit.backup.storages"]


def test_a_history_comes_back_and_is_collected(world, storage, chunk, tmp_path) -> None:
    world = type(world)(tmp_path / "there", storage)
    for number in range(30):
        world.write(f"{number % 3}/{number}", os.urandom(100 * number))
    world.once()
    for number in range(3):
        (world.data / f"0/{number * 3}").unlink()
        world.write("1/1", f"{number}")
        world.write("large", os.urandom(20 * chunk))
        world.writer = world.agent()
        assert world.once()
    assert world.once() is None
    world.whole()
    for _ in range(2):
        world.now += 40 * 86400
        world.collect()
    assert world.moments() == ["1.4"]
    assert world.restored() == world.tree()
    assert world.verify().objects == len(world.objects())
