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


def succeed(record: Path, title: str, how: signal.Signals) -> None:
    """End the orphans of the process before this one, and put this one down as the present one.

    Args:
        record: Where the present process is put down. supervisord makes each the leader of a
            process group, whose number its children keep when it is dead.
        title: What the command line of such a child has in it.
        how: The signal that ends one.
    """
    for child in orphans(record, title):
        with suppress(ProcessLookupError):
            os.kill(child, how)
    record.write_text(str(os.getpid()))


def orphans(record: Path, title: str) -> Iterator[int]:
    """Yield the children of a leader that is dead."""
    try:
        leader = int(record.read_text())
    except (OSError, ValueError):
        return
    # A leader that is alive is another's: numbers come round again.
    if leader == os.getpid() or processes.lives(leader):
        return
    for process in processes.PROC.glob("[0-9]*"):
        if _is_child(process, leader, title.encode()):
            yield int(process.name)


def _is_child(process: Path, leader: int, title: bytes) -> bool:
    """Return whether a process is of a group, and its command line, proc_pid_cmdline(5), says so."""
    try:
        number = int(processes.stat(process)[2])
        words = (process / "cmdline").read_bytes().replace(b"\0", b" ")
        return number == leader and title in words and process.stat().st_uid == os.getuid()
    except OSError:
        return False
