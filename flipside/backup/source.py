"""A live database: whether it has changed, and its image."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from flipside.backup import image
from flipside.backup.errors import BackupError

# Seconds to wait for a writer that holds a database in rollback-journal mode.
PATIENCE = 5.0


class Source:
    """One database file that others write to.

    It is only ever read through SQLite: closing a second handle on the file would drop the locks of
    the first (https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled).

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._seen: int | None = None

    def changed(self) -> bool:
        """Return whether anybody committed since the last image; yes where that is not known.

        Raises:
            BackupError: If there is no such database, or it cannot be read.
        """
        try:
            connection = self._opened()
            return self._seen is None or self._version(connection) != self._seen
        except sqlite3.Error as error:
            raise self._unreadable(error) from None

    def take(self, target: Path) -> image.Shape:
        """Copy the database into a file; return the copy's shape.

        Raises:
            BackupError: If it cannot be read, or is no database.
        """
        try:
            connection = self._opened()
            # Asked before: a commit in between is taken twice rather than not at all.
            seen = self._version(connection)
            image.take(connection, target)
        except sqlite3.Error as error:
            self.close()
            raise self._unreadable(error) from None
        self._seen = seen
        return image.shape(target)

    def forget(self) -> None:
        """Take the next image whether anybody committed or not."""
        self._seen = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = self._file = self._seen = None

    def _opened(self) -> sqlite3.Connection:
        try:
            status = os.stat(self.path)
        except OSError as error:
            self.close()
            raise BackupError(f"cannot read: {error.strerror}", str(self.path)) from None
        file = (status.st_dev, status.st_ino)
        if self._connection is None or self._file != file:
            self.close()
            uri = f"{self.path.absolute().as_uri()}?mode=rw"
            self._connection = sqlite3.connect(
                uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._file = file
        return self._connection

    def _version(self, connection: sqlite3.Connection) -> int:
        return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def _unreadable(self, error: sqlite3.Error) -> BackupError:
        return BackupError(f"SQLite cannot read it: {error}", str(self.path))
