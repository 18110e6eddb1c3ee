"""Undo what was begun when a job is cancelled: Salt's own handler would end the process at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminable(number: int = signal.SIGTERM) -> Iterator[None]:
    """Let the first SIGTERM raise SystemExit within a `with`, and let no second one disturb its undoing.

    It may be nested. Signals reach a process's main thread only; elsewhere nothing is changed.

    Args:
        number: Another signal, if another is meant.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(number)
    signal.signal(number, _exit)
    try:
        yield
    finally:
        if before is not _exit:
            signal.signal(number, before if before is not None else signal.SIG_DFL)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no SIGTERM disturb what is within a `with`, such as the last part of what was committed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)


def _exit(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)
