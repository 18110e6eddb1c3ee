"""Files written near their places, whole and with mode, time and owner, before any is put there."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from flipside.backup import beneath
from flipside.backup.errors import DamagedError
from flipside.backup.media.entry import Entry
from flipside.backup.scan import Acting

TOGETHER = 64
"""Files that are open at once."""
_OURS = re.compile(r"(.*/)?\.[0-9a-f]{8}\.flipside-restore", re.DOTALL)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

Owner = tuple[int, int]
"""A user's id, and a group's."""


class Staging:
    """What is written into a folder, to be renamed there.

    Args:
        folder: The folder.
        owner: Whose the files are to be; None for the process's own.
        acting: What they are made within; see `flipside.backup.scan.Scan`.
    """

    def __init__(self, folder: Path, owner: Owner | None, acting: Acting) -> None:
        self._folder, self._owner, self._acting = folder, owner, acting
        self._written: list[BinaryIO] = []

    def stage(self, entry: Entry, content: Iterable[bytes]) -> str:
        """Write a file near its place; return its path there. It lasts once `flush` was called.

        Raises:
            DamagedError: If it is not as long as it was.
            OSError: If it cannot be written.
        """
        with self._acting():
            staged, descriptor = self._new(entry.path)
        self._written.append(os.fdopen(descriptor, "wb"))
        try:
            self._write(self._written[-1], entry, content)
        except BaseException:
            self.discard([staged])
            raise
        if len(self._written) >= TOGETHER:
            self.flush()
        return staged

    def _new(self, path: str) -> tuple[str, int]:
        """Make a file in the last folder towards a path that is there and can be written to."""
        *folders, _ = path.split("/")
        for depth in reversed(range(len(folders) + 1)):
            staged = "/".join([*folders[:depth], temporary_name()])
            try:
                with beneath.parent(self._folder, staged) as (folder, name):
                    return staged, os.open(name, _NEW, 0o600, dir_fd=folder)
            except (FileNotFoundError, PermissionError):
                if not depth:
                    raise
        raise AssertionError

    def _write(self, file: BinaryIO, entry: Entry, content: Iterable[bytes]) -> None:
        for block in content:
            if block.count(0) == len(block):
                file.seek(len(block), os.SEEK_CUR)  # a hole takes no room
            else:
                file.write(block)
        if file.tell() != entry.size:
            raise DamagedError("the contents of a file are not as long as it was", entry.path)
        file.truncate(entry.size)
        dress(file.fileno(), entry, self._owner)

    def flush(self) -> None:
        """Make what was staged outlive a power cut; many at once, as a disk takes them together.

        Raises:
            OSError: If it cannot be written.
        """
        with ThreadPoolExecutor(TOGETHER) as threads:
            deque(threads.map(os.fsync, (file.fileno() for file in self._written)), maxlen=0)
        self._close()

    def discard(self, staged: Iterable[str]) -> None:
        """Remove files that were staged, by this restore or by one that was cut."""
        self._close()
        with self._acting():
            for path in filter(_OURS.fullmatch, staged):
                with suppress(OSError), beneath.parent(self._folder, path) as (folder, name):
                    os.unlink(name, dir_fd=folder)

    def _close(self) -> None:
        for file in self._written:
            file.close()
        self._written.clear()


def temporary_name() -> str:
    """Return a name that no scan takes for a file of the app's."""
    return f".{os.urandom(4).hex()}.flipside-restore"


def dress(file: int, entry: Entry, owner: Owner | None) -> None:
    """Give an open file the mode and time of an entry, and an owner."""
    if owner:
        os.fchown(file, *owner)
    os.fchmod(file, entry.mode & 0o777)
    os.utime(file, ns=(entry.mtime_ns, entry.mtime_ns))
