"""All output: steps, tables, reports, errors; for a person, a file or a program."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flipside.console.output import Console
from flipside.console.step import Step
from flipside.console.words import age, seconds, size

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Console", "Step", "age", "get_console", "seconds", "size", "use_console"]

_in_use: list[Console] = []


def get_console() -> Console:
    """Return the console in use; a plain one, made on the first call, where none was chosen."""
    if not _in_use:
        _in_use.append(Console())
    return _in_use[-1]


@contextmanager
def use_console(console: Console) -> Iterator[Console]:
    """Let `get_console` return `console` within the block."""
    _in_use.append(console)
    try:
        yield console
    finally:
        _in_use.remove(console)
