"""What lies in an app's data folder: its SQLite databases, and everything else.

Neither is what belongs to a database (``-wal``, ``-shm``, ``-journal``), what a restore set aside or
left (``NAME.replaced-...``, ``*.flipside-restore``, a database called ``.NAME.xxxxxxxx``), nor a
repository of backups, which would grow by itself. Links are kept, never followed; sockets, pipes and
devices are not kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from flipside.backup import beneath
from flipside.backup.errors import BackupError
from flipside.backup.found import Found, Signature
from flipside.backup.look import Here, Look

Acting = Callable[[], AbstractContextManager[None]]
"""Makes what files are opened within, as with the rights of their owner."""


class Scan:
    """Looks at a folder, time and again.

    It opens databases, and closing one drops this process's locks on it: nothing in this process may
    have one open meanwhile (https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled).

    Args:
        folder: The folder.
        acting: What all is opened within. Rights are those of the whole process: nothing else may be
            under way in other threads.
    """

    def __init__(self, folder: Path, acting: Acting = nullcontext) -> None:
        self.folder, self.acting = folder, acting
        self._heads: Mapping[str, tuple[Signature, bool]] = {}

    def look(self) -> Found:
        """Return what is there; a file is only opened if it changed since the last look.

        Raises:
            BackupError: If the folder itself cannot be read.
        """
        look = Look(self._heads)
        try:
            with self.acting(), beneath.held(self.folder) as top:
                look.at(Here(top))
        except OSError as error:
            raise BackupError(f"cannot read: {error.strerror}", str(self.folder)) from None
        self._heads = look.heads
        return look.found()

    @contextmanager
    def opened(self, path: str) -> Iterator[int]:
        """Hold a descriptor of a regular file in the folder.

        Raises:
            FileNotFoundError: If there is none any more.
            OSError: If it cannot be opened.
        """
        with self.acting(), beneath.parent(self.folder, path) as (folder, name):
            file = beneath.regular(folder, name)
        try:
            yield file
        finally:
            os.close(file)
