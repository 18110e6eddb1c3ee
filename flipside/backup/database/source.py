"""A live database: whether it has changed, and its image."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import Any

from flipside.backup.database import image
from flipside.backup.database.apart import NeverBegunError, apart
from flipside.backup.errors import BackupError
from flipside.errors import FlipsideError

# Seconds to wait for a writer that holds a database in rollback-journal mode.
PATIENCE = 5.0
# Seconds more until a process that reads one is given up.
OPENING = 25.0
# Nanoseconds within which a file may change without its time of change changing.
RACY = 1_000_000_000

Look = Callable[[sqlite3.Connection], Any]

_MUST_WRITE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}

Signature = tuple[tuple[int, int, int] | None, ...]


class Source:
    """One database file that others write to.

    No connection stays open: it would keep an app from leaving WAL mode, and the last one to close
    from checkpointing. The file is only ever read through SQLite, as closing a second handle on it
    would drop the locks of the first
    (https://www.sqlite.org/howtocorrupt.html#posix_advisory_locks_canceled). It is read in a process
    that is forked from this one: SQLite there would take the locks of this one for its own, so that
    whatever has the database open here keeps it from being read.

    Args:
        path: The file.
        acting: What the file is opened within, as with the rights of its owner: who may write there
            can put a link in its place that leads to what is not his.
    """

    def __init__(
        self, path: Path, acting: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self.path, self._acting = path, acting
        self._seen: Signature | None = None
        self.looked: Any = None

    def changed(self) -> bool:
        """Return whether anybody may have committed since the last image.

        Raises:
            BackupError: If there is no such database.
        """
        return self._seen is None or self._signature() != self._seen

    def take(self, target: Path, look: Look | None = None) -> image.Shape:
        """Copy the database into a file; return the copy's shape.

        Args:
            target: The file; it is replaced.
            look: Looks at the database in the same transaction; what it returns, JSON-ready, is
                `looked` then.

        Raises:
            BackupError: If it cannot be read, is no database, or is open in this process.
        """
        self._refuse_open_here()
        # Asked before: a commit in between is taken twice rather than not at all.
        signature, now = self._signature(), time.time_ns()
        try:
            self.looked = apart(lambda begun: self._take(target, look, begun), PATIENCE + OPENING)
        except NeverBegunError:
            what = "it cannot be opened: it, or what is beside it, may be a pipe"
            raise BackupError(what, str(self.path), "put a database there") from None
        except FlipsideError as error:
            raise BackupError(error.what, error.where or str(self.path), error.next) from None
        recent = any(each and now - each[2] < RACY for each in signature)
        self._seen = None if recent else signature
        return image.shape(target)

    def _refuse_open_here(self) -> None:
        with suppress(OSError):  # whoever reads it says what is wrong
            with self._acting():
                there = self.path.stat()
            if any(_is(there, each) for each in Path("/dev/fd").iterdir()):
                advice = "close it there, or keep it from another process"
                raise BackupError("this very process has it open", str(self.path), advice)

    def _take(self, target: Path, look: Look | None, begun: Callable[[], None]) -> Any:
        try:
            connection = self._opened()
            begun()
            try:
                looked = look(connection) if look else None
                image.take(connection, target)
            finally:
                # The last one to close a log removes it: that has to be with its owner's rights, too.
                with self._acting():
                    connection.close()
        except sqlite3.Error as error:
            raise BackupError(f"SQLite cannot read it: {error}", str(self.path)) from None
        return looked

    def _opened(self) -> sqlite3.Connection:
        """Return a connection within a transaction, so that it has all files open that it reads."""
        try:
            return self._begun("ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in _MUST_WRITE:
                raise
            # What a crash left has to be rolled back, or a log's index made.
            return self._begun("rw")

    def _begun(self, mode: str) -> sqlite3.Connection:
        uri = f"{self.path.absolute().as_uri()}?mode={mode}"
        with self._acting():
            made = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None)
            try:
                made.execute("BEGIN")
                made.execute("SELECT count(*) FROM sqlite_master").fetchone()
            except BaseException:
                made.close()
                raise
        return made

    def forget(self) -> None:
        """Take the next image whether anybody committed or not."""
        self._seen = None

    def _signature(self) -> Signature:
        """Return inode, size and time of change of the file and its log."""
        try:
            with self._acting():
                beside = map(_perhaps, (self._beside("-wal"), self._beside("-journal")))
                return (_of(self.path), *beside)
        except OSError as error:
            raise BackupError(f"cannot read: {error.strerror}", str(self.path)) from None

    def _beside(self, suffix: str) -> Path:
        # SQLite keeps them beside the file that a link leads to.
        real = Path(os.path.realpath(self.path))
        return real.with_name(real.name + suffix)


def _is(there: os.stat_result, descriptor: Path) -> bool:
    try:
        return os.path.samestat(there, os.fstat(int(descriptor.name)))
    except OSError:  # that of the list itself is closed by now
        return False


def _of(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_ino, status.st_size, max(status.st_mtime_ns, status.st_ctime_ns)


def _perhaps(path: Path) -> tuple[int, int, int] | None:
    """Return the same of a file that may be missing; our own look is to leave no trace in it.

    It leaves one of 0 bytes, and root's sets the owner of the log anew, which only the time of that shows.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_size, status.st_mtime_ns) if status.st_size else None
