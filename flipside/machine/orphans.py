"""End what a killed daemon left behind, before supervisord's next one starts in its place.

Workers of nginx and of Salt's master outlive a parent that was killed, and go on holding its ports:
the next one could not listen, and nginx's old workers would serve the sites of that moment for ever.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from flipside.machine import processes


def succeed(record: Path, mark: str, how: signal.Signals) -> None:
    """End the orphans of the process before this one, and put this one down as the present one.

    Args:
        record: Where the present process is put down. supervisord makes each the leader of a
            process group, whose number its children keep when it is dead.
        mark: What the command line of such a child has in it, or a whole ``NAME=value`` of its
            environment.
        how: The signal that ends one.
    """
    for child in orphans(record, mark):
        with suppress(ProcessLookupError):
            os.kill(child, how)
    record.write_text(str(os.getpid()))


def orphans(record: Path, mark: str) -> Iterator[int]:
    """Yield the children of a leader that is dead."""
    try:
        leader = int(record.read_text())
    except (OSError, ValueError):
        return
    # A leader that is alive is another's: numbers come round again.
    if leader == os.getpid() or processes.lives(leader):
        return
    for process in processes.PROC.glob("[0-9]*"):
        if _is_child(process, leader, mark.encode()):
            yield int(process.name)


def _is_child(process: Path, leader: int, mark: bytes) -> bool:
    """Return whether a process of ours is of a group, and carries the mark."""
    try:
        number = int(processes.stat(process)[2])
        if number != leader or process.stat().st_uid != os.getuid():
            return False
        title = (process / "cmdline").read_bytes().replace(b"\0", b" ")
        return mark in title or mark in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
