"""A storage with something wrong on the way to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

from flipside.backup.errors import BackupError

Fault = Callable[[str, str], None]
"""Told what is asked for, and the name that it is asked of; raises what the asker is to see."""


def well(what: str, name: str) -> None:
    """Nothing is wrong."""


def down(what: str, name: str) -> None:
    raise BackupError("the storage does not answer", name)


def full(what: str, name: str) -> None:
    if what in {"put", "swap"}:
        raise BackupError(f"cannot write: {os.strerror(errno.ENOSPC)}", name)


class Faulty:
    """A storage of which each call may fail: before it is done, or after, so that it counts.

    Attributes:
        before: Called first.
        after: Called once it is done.
        asked: What changes something, as it was asked for.
    """

    def __init__(self, real: Any) -> None:
        self.real = real
        self.before: Fault = well
        self.after: Fault = well
        self.asked: list[tuple[str, str]] = []

    def __str__(self) -> str:
        return str(self.real)

    def __getattr__(self, what: str) -> Any:
        real = getattr(self.real, what)

        def call(name: str, *args: Any, **words: Any) -> Any:
            if what in {"put", "delete", "swap"}:
                self.asked.append((what, name))
            self.before(what, name)
            found = real(name, *args, **words)
            self.after(what, name)
            return found

        return call

    def lose(self, which: int) -> None:
        """Lose the answer to the change after so many others, once."""
        due = len(self.asked) + which + 1

        def lost(what: str, name: str) -> None:
            if what in {"put", "delete", "swap"} and len(self.asked) == due:
                raise BackupError("the answer was lost", name)

        self.after = lost
