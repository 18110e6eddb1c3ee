"""Killed at any point, a pass or a collection goes on, and no list names what is not there."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


class Mortal:
    """A storage whose user is killed before or after some call."""

    def __init__(self, storage: Any, count: Callable[[], None]) -> None:
        self._storage, self._count = storage, count

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._storage, name)

        def call(*args: Any, **words: Any) -> Any:
            self._count()
            made = found(*args, **words)
            if name in ("list", "folders"):
                made = iter(list(made))
            self._count()
            return made

        return call if callable(found) else found


def killed(world, at: int, do: Callable[[Any], object]) -> bool:
    """Do something in a child that is killed at a count of calls and state writes; return whether."""
    process = os.fork()
    if not process:
        try:
            count = itertools.count(1)

            def die() -> None:
                if next(count) == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            replace = Path.replace

            def mortal_replace(path: Path, target: Path) -> Path:
                die()
                made = replace(path, target)
                die()
                return made

            Path.replace = mortal_replace
            do(world.agent(Mortal(world.storage, die)))
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitpid(process, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status != 0


def change(world, number: int) -> None:
    """Change the tree in a way that no pass saw before."""
    world.now += 100
    world.write("same", "always")
    world.write(f"new/{number}", f"{number}" * 9)
    world.write("large", os.urandom(100) + bytes(1000) + os.urandom(100))
    (world.data / f"new/{number - 2}").unlink(missing_ok=True)


def goes_on(world) -> None:
    """Assert that all is whole, and that the next pass goes on."""
    world.verify()
    world.writer = world.agent()
    world.now += 1
    world.writer.once()
    assert world.writer.problems == ()
    assert world.restored() == world.tree()


def test_the_first_pass_of_a_folder(world, chunk) -> None:
    change(world, 0)
    for number in itertools.count(1):
        world.name = f"app-{number}"
        died = killed(world, number, lambda writer: writer.once())
        goes_on(world)
        assert world.once() is None
        if not died:
            break
    assert number > 20


@pytest.mark.parametrize("mended", [True, False])
def test_any_later_pass(world, chunk, mended) -> None:
    """Whether or not one in between came to its end."""
    change(world, 0)
    world.once()
    for number in itertools.count(1):
        change(world, number)
        before = world.tree()
        died = killed(world, number, lambda writer: writer.once())
        world.verify()
        if mended or not died:
            goes_on(world)
            assert world.restored(at=world.now) == before
        if not died:
            break
    assert number > 20
    goes_on(world)
    moments = world.moments()
    assert len(set(moments)) == len(moments)
    for moment in moments:
        world.restored(id=moment)


def test_a_collection(world, chunk) -> None:
    """While it marks, and a day later while it deletes; of an epoch, and of what is in one."""
    for number in itertools.count(1):
        change(world, number)
        world.once()
        if not number % 5:
            (world.state / "files.json").unlink()
            world.writer = world.agent()
        world.now += 86400 * 40
        wanted = world.tree()
        died = killed(world, number, world.collect)
        world.verify()
        assert world.restored() == wanted
        world.collect()
        for moment in world.moments():
            world.restored(id=moment)
        if not died:
            break
    assert number > 30
    world.now += 100 * 86400
    goes_on(world)
    for _ in range(4):
        world.now += 86400 * 1.1
        world.collect()
    assert world.moments() == world.moments()[-1:]
    assert world.verify().objects == len(world.objects())
    assert world.restored() == world.tree()
