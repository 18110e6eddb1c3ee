"""Killed at any point, a pass or a collection goes on, and no list names what is not there."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.backup import kill_points
from unit.backup.kill_points import Points, full, in_child

from flipside.backup.errors import BackupError


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


OVER = 7
CALLS = ("rename", "link", "symlink", "unlink", "mkdir", "utime", "chmod", "fchmod")


def disturbed(world, chunk: int) -> Path:
    """A folder to restore into, in which something is in the way of all that comes back."""
    for path in ("file", "sub/large", "place/of", "tidy"):
        world.write(path, path * chunk)
    (world.data / "link").symlink_to("file")
    world.once()
    out = world.folder / "out"
    world.restore(out)
    spoil(out)
    return out


def spoil(out: Path) -> None:
    for path in ("file", "sub/large"):
        (out / path).write_text(f"precious {path}")
    (out / "place/of").unlink()
    (out / "place").rmdir()
    (out / "place").write_text("precious place")
    (out / "link").unlink()
    (out / "link").mkdir()
    (out / "link/inner").write_text("precious link/inner")
    (out / "tidy").chmod(0o600)


def precious(out: Path) -> set[bytes]:
    """What was in the way, wherever it is now."""
    found = {path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return {each for each in found if each.startswith(b"precious")}


def each_point(world, out: Path, fault: Callable[[], None], ends: Callable[[], None]) -> int:
    """Let a fault come at each point of a restore; all is kept, and it can be done again."""
    for at in itertools.count(1):
        shutil.rmtree(out)
        world.restore(out)
        spoil(out)
        before = precious(out)

        def run(at=at) -> None:
            points = Points(at, fault, CALLS)
            ends()
            os._exit(0 if points.passed >= at else OVER)

        code = in_child(run)
        assert len(before) == 4
        assert precious(out) == before
        world.restore(out)
        assert precious(out) == before
        assert world.tree(out).items() >= world.tree().items()
        assert not list(out.rglob("*.flipside-restore"))
        if code == OVER:
            return at
        assert code in (0, -signal.SIGKILL)  # some can be done without
    raise AssertionError


def test_a_restore(world, chunk) -> None:
    out = disturbed(world, chunk)
    assert each_point(world, out, kill_points.die, lambda: world.restore(out)) > 30


def test_a_restore_whose_disk_is_full_is_told_and_can_be_done_again(world, chunk) -> None:
    """At any one call, be it a rename that a quota refuses."""
    out = disturbed(world, chunk)

    def told() -> None:
        try:
            world.restore(out)
        except BackupError:
            kill_points.die()

    assert each_point(world, out, full, told) > 30
