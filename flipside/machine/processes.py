"""Which processes run. A zombie does not, and in a container process 1 may never reap one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_ENDED = "ZX"


def lives(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        return stat(PROC / str(pid))[0] not in _ENDED
    except OSError:
        return False


def group(leader: int) -> list[int]:
    """Return the ids of a process group's processes that run."""
    found = []
    for process in PROC.glob("[0-9]*"):
        with suppress(OSError):
            state, _, number = stat(process)[:3]
            if int(number) == leader and state not in _ENDED:
                found.append(int(process.name))
    return found


def stat(process: Path) -> list[str]:
    """Return the fields after ``pid (comm)`` of a folder in /proc: ``state ppid pgrp ...``.

    See proc_pid_stat(5).

    Raises:
        OSError: If the process is gone.
    """
    return (process / "stat").read_text().rpartition(")")[2].split()
