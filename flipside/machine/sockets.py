"""Which Unix sockets somebody listens on, without connecting: that would start what sleeps behind one."""

from __future__ import annotations

from pathlib import Path

_TABLE = Path("/proc/net/unix")
# __SO_ACCEPTCON of the kernel's include/linux/net.h, in the column `Flags`; see proc_net(5).
_LISTENS = 0x10000


def listening() -> set[str]:
    """Return the paths of all listening sockets of this network namespace."""
    rows = (line.split(maxsplit=7) for line in _TABLE.read_text().splitlines()[1:])
    return {row[7] for row in rows if len(row) == 8 and int(row[3], 16) & _LISTENS}


def listens(path: Path) -> bool:
    """Return whether somebody listens on a socket."""
    return str(path) in listening()
