"""Where ssh's connections have their sockets: a short path, since a socket's ends at 107 bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from flipside.errors import MachineError


def sockets(folder: Path | None = None) -> Path:
    """Return the folder, which nobody else can look into; make it if need be.

    Args:
        folder: Another one than the user's own.

    Raises:
        MachineError: It is somebody else's.
    """
    folder = folder or Path(f"/tmp/flipside-ssh-{os.getuid()}")  # noqa: S108 - checked below
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:
        what = "the folder for ssh's connections is open to others"
        raise MachineError(what, str(folder), f"rm -r {folder}")
    return folder
