"""One restore into a folder at a time: what one of them writes beside, another takes for left behind."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flipside.backup import beneath
from flipside.backup.errors import BackupError


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which is free again when its holder dies.

    Raises:
        BackupError: If another process holds it.
        OSError: If the folder cannot be opened, or has no locks.
    """
    with beneath.held(folder) as top:
        try:
            fcntl.flock(top, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = "another restore writes to this folder, or an app holds its lock"
            raise BackupError(what, str(folder), "wait for it to end, or stop the app") from None
        yield
