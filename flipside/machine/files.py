"""Files that are never seen half written, locks between processes, and times for people."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def write_atomic(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file that outlives a power cut and that readers see old or new, never half.

    Args:
        path: The file; its folder is made if need be.
        content: All of it.
        mode: Its permissions, whatever the umask.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    _sweep(path)
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
        ) as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def _sweep(path: Path) -> None:
    """Remove what a process left that was killed while it wrote ``path``."""
    left = re.compile(re.escape(f".{path.name}.") + r"(\d+)\.[0-9a-f]{8}")
    for name in os.listdir(path.parent):
        found = left.fullmatch(name)
        if found and not _lives(int(found[1])):
            path.with_name(name).unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Write ``value`` as JSON that a person can read, as `write_atomic` does."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
    write_atomic(path, text.encode() + b"\n", mode)


def read_json(path: Path, default: Any = None) -> Any:
    """Return what the JSON file holds, or ``default`` where there is none."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return default


def sync(path: Path) -> None:
    """Make what is in a file, or what was renamed within a folder, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock file ``path``, waiting for it; it is free again when its holder dies.

    Args:
        path: The lock file; it stays, since removing it would let two hold "the" lock.
        shared: Many may hold it so at once, but not beside one who holds it alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


@contextmanager
def try_locked(path: Path) -> Iterator[bool]:
    """Hold the lock file ``path`` alone if that is possible at once; yield whether it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def now() -> str:
    """Return the time in UTC as ISO 8601 with microseconds, so that it sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def age(at: str, since: datetime | None = None) -> str:
    """Return how long ago the ISO 8601 time ``at`` was, such as ``3 minutes ago``."""
    seconds = ((since or datetime.now(UTC)) - datetime.fromisoformat(at)).total_seconds()
    for name, size in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count != 1 else ''} ago"
    return "just now"


def aside() -> str:
    """Return what is added to the name of a file that something else takes the place of.

    Backups leave out what bears it: `flipside.backup.look`.
    """
    return f".replaced-{time.strftime('%Y%m%dT%H%M%S')}-{os.urandom(2).hex()}"
