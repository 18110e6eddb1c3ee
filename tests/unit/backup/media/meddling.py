"""What happens in the middle of something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flipside.backup.retention import DAY


def gone(world) -> None:
    """Bring about that the content of b is marked, and nothing refers to it."""
    world.write("a", "stays")
    world.write("b", "comes back")
    world.once()
    (world.data / "b").unlink()
    world.once()
    world.now += 40 * DAY
    world.collect()
    assert len(world.shelf().marks()) == 1


def replaced(world) -> None:
    """Bring about that the first of two contents of a file is marked, and its moment."""
    world.write("a", "one")
    world.once()
    world.write("a", "two")
    world.once()
    world.now += 40 * DAY
    world.collect()


class Between:
    """A storage in which something happens just before a call."""

    def __init__(self, storage: Any, call: str, part: str, happens: Callable[[], object]) -> None:
        self._storage, self._call, self._part, self._happens = storage, call, part, happens

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._storage, name)

        def call(where: str, *args: Any, **words: Any) -> Any:
            if self._call == name and self._part in where and self._happens:
                happens, self._happens = self._happens, None
                happens()
            return found(where, *args, **words)

        return call
