"""What lies in an app's data folder: its SQLite databases, and everything else.

Neither is what belongs to a database (``-wal``, ``-shm``, ``-journal``), what a restore set aside or
left (``NAME.replaced-...``, ``*.flipside-restore``, a database called ``.NAME.xxxxxxxx``), nor a
repository of backups, which would grow by itself. Links are kept, never followed; sockets, pipes and
devices are not kept.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from flipside.backup import beneath
from flipside.backup.database.source import RACY
from flipside.backup.errors import BackupError
from flipside.backup.names import CONFIG, DATABASE, FILES

FILE, LINK, FOLDER = "file", "link", "folder"
KINDS = {DATABASE, FILES}
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database."""
MAGIC = b"SQLite format 3\0"
DEEPEST = 100
"""Folders within each other that are looked into: one descriptor is held for each."""
_LEFT = re.compile(
    r".*(\.flipside-restore|\.replaced-\d{8}T\d{6}-[0-9a-f]{4})(-wal|-shm|-journal)?", re.DOTALL
)
_FRESH = re.compile(r"\..+\.[0-9a-f]{8}", re.DOTALL)

Signature = tuple[int, int, int, int]
"""Inode, size, and times of modification and of change in nanoseconds since 1970."""
Acting = Callable[[], AbstractContextManager[None]]
"""Makes what files are opened within, as with the rights of their owner."""


class Looked(NamedTuple):
    """A file, link or folder as it was looked at.

    Attributes:
        path: Relative to the folder; bytes that are not UTF-8 are as `os.fsdecode` gives them.
        type: `FILE`, `LINK` or `FOLDER`.
        mode: Permission bits; of a file without those that lend its owner's rights.
        mtime_ns: When it was modified, nanoseconds since 1970.
        signature: Changes with the content.
        target: Where a link leads to.
    """

    path: str
    type: str
    mode: int
    mtime_ns: int
    signature: Signature
    target: str = ""


class Problem(NamedTuple):
    """What is not backed up as it is, be it a file or a folder with all in it, and why."""

    path: str
    why: str


class Found(NamedTuple):
    """What lies in a folder.

    Attributes:
        databases: Paths, sorted.
        files: All else that is backed up, in order of their paths' bytes: a folder before its content.
        problems: What could not be looked at.
        left: Paths that restores set aside or left, sorted.
    """

    databases: list[str]
    files: list[Looked]
    problems: list[Problem]
    left: list[str]


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
        look = _Look(self._heads)
        try:
            with self.acting(), beneath.held(self.folder) as top:
                look.at(_Here(top))
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


def signature(status: os.stat_result) -> Signature:
    """Return what changes with a file's content."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_racy(seen: Signature, now_ns: int) -> bool:
    """Return whether a file may yet change without its signature changing."""
    return now_ns - seen[3] < RACY


class _Here(NamedTuple):
    """An open folder: its descriptor, what paths in it begin with, how deep it is."""

    folder: int
    prefix: str = ""
    depth: int = 0


@dataclass
class _Look:
    """One look at all: ``known`` are the heads that were read before, ``heads`` those that hold now."""

    known: Mapping[str, tuple[Signature, bool]]
    heads: dict[str, tuple[Signature, bool]] = field(default_factory=dict)
    databases: list[str] = field(default_factory=list)
    files: list[Looked] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    now_ns: int = field(default_factory=time.time_ns)

    def found(self) -> Found:
        files = sorted(self.files, key=lambda each: os.fsencode(each.path))
        return Found(sorted(self.databases), files, self.problems, sorted(self.left))

    def at(self, here: _Here) -> None:
        """Look at what lies in a folder, and in the folders there."""
        with os.scandir(here.folder) as found:
            entries = list(found)
        if _is_repository(entries):
            self.problems.append(Problem(here.prefix[:-1], "it is a repository of backups"))
            return
        files: dict[str, tuple[Looked, bool]] = {}
        for entry in entries:
            if _LEFT.fullmatch(entry.name):
                self.left.append(here.prefix + entry.name)
                continue
            try:
                self._entry(here, entry, files)
            except FileNotFoundError:
                continue  # gone since
            except OSError as error:
                why = f"cannot be read: {error.strerror}"
                self.problems.append(Problem(here.prefix + entry.name, why))
        self._sort_out(files)

    def _entry(
        self, here: _Here, entry: os.DirEntry[str], files: dict[str, tuple[Looked, bool]]
    ) -> None:
        status, path = entry.stat(follow_symlinks=False), here.prefix + entry.name
        if stat.S_ISREG(status.st_mode):
            files[entry.name] = self._file(here, entry.name, status)
        elif stat.S_ISLNK(status.st_mode):
            target = beneath.link(here.folder, entry.name)
            self.files.append(_looked(path, LINK, status, target))
        elif stat.S_ISDIR(status.st_mode):
            self.files.append(_looked(path, FOLDER, status))
            self._inner(here, entry.name)

    def _inner(self, here: _Here, name: str) -> None:
        path = here.prefix + name
        if here.depth == DEEPEST:
            self.problems.append(Problem(path, f"it is more than {DEEPEST} folders deep"))
            return
        with beneath.entered(here.folder, name) as inner:
            self.at(_Here(inner, f"{path}/", here.depth + 1))

    def _file(self, here: _Here, name: str, status: os.stat_result) -> tuple[Looked, bool]:
        """Return a file, and whether it is a database."""
        path = here.prefix + name
        seen, is_database = self.known.get(path, (None, False))
        if seen != signature(status):
            status, is_database = _head(here.folder, name)
        if not is_racy(signature(status), self.now_ns):
            self.heads[path] = signature(status), is_database
        return _looked(path, FILE, status), is_database

    def _sort_out(self, files: Mapping[str, tuple[Looked, bool]]) -> None:
        """Keep those of one folder's files that belong to no database."""
        databases = [name for name, (_, is_database) in files.items() if is_database]
        beside = {name + suffix for name in databases for suffix in BESIDE}
        for name, (looked, is_database) in files.items():
            if is_database:
                (self.left if _FRESH.fullmatch(name) else self.databases).append(looked.path)
            elif name not in beside:
                self.files.append(looked)


def _is_repository(entries: Iterable[os.DirEntry[str]]) -> bool:
    """Return whether there is a repository with anything in it: a file may be called like its own."""
    kinds = {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}
    return any(entry.name == CONFIG for entry in entries) and not kinds.isdisjoint(KINDS)


def _head(folder: int, name: str) -> tuple[os.stat_result, bool]:
    file = beneath.regular(folder, name)
    try:
        return os.fstat(file), os.read(file, len(MAGIC)) == MAGIC
    finally:
        os.close(file)


def _looked(path: str, kind: str, status: os.stat_result, target: str = "") -> Looked:
    mode = status.st_mode & (0o777 if kind == FILE else 0o7777)
    return Looked(path, kind, mode, status.st_mtime_ns, signature(status), target)
