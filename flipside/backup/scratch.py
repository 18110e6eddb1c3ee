"""Files that nobody needs once their process is done with them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = ".scratch-"


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """Hold an empty folder; those of processes that were killed go first.

    Args:
        folder: Where it lies; made if need be, for its user alone.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in folder.glob(f"{_PREFIX}*"):
        _sweep(left)
    made, lock = _held(folder)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(lock)


def _held(folder: Path) -> tuple[Path, int]:
    """Return a folder, and what holds its lock; a sweep may come before that is taken."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
        with suppress(FileNotFoundError):
            lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if made.exists():
                return made, lock
            os.close(lock)


def _sweep(left: Path) -> None:
    """Remove a folder whose process has ended, however it did."""
    with suppress(FileNotFoundError):
        lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(lock)
