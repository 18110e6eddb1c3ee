"""One change at a time: a lock that the kernel holds, so that it cannot outlive its process."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flipside.errors import LockedError

# `holder` takes the lock for an instant to learn whether it is free; that must not fail a deploy.
_PATIENCE = 0.25


@contextmanager
def deploy_lock(path: Path, by: str, action: str) -> Iterator[int]:
    """Hold an environment's lock for the length of a `with`.

    Args:
        path: The lock file, made when absent and never removed: ``apps/<app>/<env>/lock``.
        by: Who holds it: ``ann@laptop``.
        action: What for: ``deploy 1.0-1a2b3c4d``.

    Yields:
        The lock's file descriptor. A child that is given it (`run_step(keep_open=...)`) holds the
        lock as well, so a step that outlives a killed deploy still keeps the next deploy out.

    Raises:
        LockedError: Somebody else holds it; says who, since when, and what for.
    """
    fd = _acquire(path)
    note = {"by": by, "since": datetime.now(UTC).isoformat(), "action": action, "pid": os.getpid()}
    try:
        _write(fd, json.dumps(note))
        yield fd
    finally:
        os.close(fd)


def holder(path: Path) -> dict[str, Any] | None:
    """Return ``by``, ``since`` (ISO 8601, UTC), ``action``, ``pid`` of the holder; None when free."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return None if _flock(fd, fcntl.LOCK_SH) else _read(fd)
    finally:
        os.close(fd)


def _acquire(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + _PATIENCE
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        locked = _flock(fd, fcntl.LOCK_EX)
        if locked and _is_at(fd, path):
            return fd
        note = {} if locked else _read(fd)
        os.close(fd)
        if not locked and time.monotonic() > deadline:
            raise _locked(path, note)
        time.sleep(0.02)


def _flock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(fd: int, path: Path) -> bool:
    """Return whether `path` is still the file that was locked: a destroy may have removed it."""
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except FileNotFoundError:
        return False


def _write(fd: int, text: str) -> None:
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode(), 0)


def _read(fd: int) -> dict[str, Any]:
    """Return the holder's note, empty in the instant between its locking and its writing."""
    try:
        note = json.loads(os.pread(fd, 4096, 0))
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def _locked(path: Path, note: dict[str, Any]) -> LockedError:
    what = f"deploy lock held by {note.get('by', 'somebody')}"
    if "since" in note:
        since = datetime.fromisoformat(note["since"])
        age = (datetime.now(UTC) - since).total_seconds()
        what += f" since {since.astimezone():%H:%M:%S} ({age:.0f} s)"
    if "action" in note:
        what += f": {note['action']}"
    return LockedError(what, str(path), "wait until it has finished, then run the same again")
