"""Handing the terminal to a command on the machine."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flipside.targets.base import Machine

INTERRUPTED = 128 + signal.SIGINT


def attached(machine: Machine, argv: Sequence[str]) -> int:
    """Run a command on this terminal and return its exit status; Ctrl-C is the command's."""
    with _left_to_the_command():
        status = machine.interactive(argv)
    return status if status >= 0 else 128 - status


def followed(machine: Machine, argv: Sequence[str]) -> int:
    """Run a command that only Ctrl-C ends, as `tail -F`; ending it so is no failure."""
    status = attached(machine, argv)
    return 0 if status == INTERRUPTED else status


@contextmanager
def _left_to_the_command() -> Iterator[None]:
    # A handler, unlike SIG_IGN, is not inherited: the command sees Ctrl-C and we do not.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
