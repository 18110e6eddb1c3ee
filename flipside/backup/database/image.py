"""Images of databases, page by page, and the root hash that proves one."""

from __future__ import annotations

import errno
import hashlib
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flipside.backup.errors import BackupError
from flipside.sqlite_files import MAGIC

PAGE_SIZES = tuple(1 << power for power in range(9, 17))
"""Bytes that a page may have, https://www.sqlite.org/fileformat.html#page_size"""
PAGES = (1 << 32) - 2
"""How many there may be, https://www.sqlite.org/limits.html"""
_BLOCK = 1 << 20
_NUMBER = struct.Struct("<Q")
_ROOM = "make room there; it is tried again by itself"


@dataclass(frozen=True)
class Shape:
    """How large an image is: bytes of a page, and pages."""

    page_size: int
    pages: int

    @property
    def size(self) -> int:
        """Return its bytes."""
        return self.page_size * self.pages


def shape(path: Path) -> Shape:
    """Return the shape of an image.

    Raises:
        BackupError: If it is no SQLite database, or not a whole number of pages.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(100)
    if size == 0:
        return Shape(4096, 0)
    if not head.startswith(MAGIC) or len(head) < 100:
        raise BackupError("this is no SQLite database", str(path))
    # 1 stands for 65536, https://www.sqlite.org/fileformat.html#page_size
    page_size = int.from_bytes(head[16:18], "big")
    page_size = 65536 if page_size == 1 else page_size
    if size % page_size:
        raise BackupError("the file ends within a page", str(path))
    return Shape(page_size, size // page_size)


def take(source: sqlite3.Connection, target: Path) -> None:
    """Copy a live database, as one transaction sees it, into a file.

    Args:
        source: A connection to it.
        target: The file; it is replaced. It need not outlive a power cut.

    Raises:
        sqlite3.Error: If the database cannot be read.
        BackupError: If the disk of the file is full: the database itself is only read.
    """
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as copy:
        copy.execute("PRAGMA journal_mode=off")
        copy.execute("PRAGMA synchronous=off")
        # All pages in one go: step by step it would begin anew at each write from elsewhere.
        try:
            source.backup(copy, pages=-1)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                what = f"cannot copy the database: {os.strerror(errno.ENOSPC)}"
                raise BackupError(what, str(target), _ROOM) from None
            raise


def changed(old: BinaryIO, new: BinaryIO, page_size: int) -> Iterator[int]:
    """Yield the numbers, from 1, of the pages of ``new`` that ``old`` has otherwise or not at all."""
    number = 1
    while block := new.read(_BLOCK):
        before = old.read(_BLOCK)
        if block != before:
            for at in range(0, len(block), page_size):
                if block[at : at + page_size] != before[at : at + page_size]:
                    yield number + at // page_size
        number += len(block) // page_size


class Roots:
    """Root hashes: the XOR of a keyed SHA-256 of each page and its number.

    So a page that changed changes the root without the others being read. The key fills a block of
    SHA-256 before them; all that one key hashes is as long, so no hash can be extended to another's.

    Args:
        key: 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key.ljust(hashlib.sha256().block_size, b"\0")

    def page(self, number: int, content: bytes) -> int:
        """Return the hash of one page; its number, from 1, goes before it as 8 bytes, little end first."""
        data = b"".join((self._key, _NUMBER.pack(number), content))
        return int.from_bytes(hashlib.sha256(data).digest(), "big")

    def of(self, path: Path, page_size: int) -> int:
        """Return the root of an image."""
        root, number = 0, 0
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                for at in range(0, len(block), page_size):
                    number += 1
                    root ^= self.page(number, block[at : at + page_size])
        return root
