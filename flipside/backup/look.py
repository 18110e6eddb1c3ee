"""One look at all that lies in a folder."""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from flipside.backup import beneath
from flipside.backup.found import (
    FILE,
    FOLDER,
    LINK,
    Found,
    Looked,
    Problem,
    Signature,
    is_racy,
    modified,
    signature,
)
from flipside.backup.names import CONFIG, DATABASE, FILES
from flipside.sqlite_files import BESIDE, MAGIC

DEEPEST = 100
"""Folders within each other that are looked into: one descriptor is held for each."""
KINDS = {DATABASE, FILES}
_LEFT = re.compile(
    r".*(\.flipside-restore|\.replaced-\d{8}T\d{6}-[0-9a-f]{4})" + f"({'|'.join(BESIDE)})?",
    re.DOTALL,
)
_FRESH = re.compile(r"\..+\.[0-9a-f]{8}", re.DOTALL)


class Here(NamedTuple):
    """An open folder: its descriptor, what paths in it begin with, how deep it is."""

    folder: int
    prefix: str = ""
    depth: int = 0


@dataclass
class Look:
    """One look at all: ``known`` are the heads that were read before, ``heads`` those that hold now."""

    known: Mapping[str, tuple[Signature, bool]]
    heads: dict[str, tuple[Signature, bool]] = field(default_factory=dict)
    databases: list[str] = field(default_factory=list)
    files: list[Looked] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    now_ns: int = field(default_factory=time.time_ns)

    def found(self) -> Found:
        """Return what was found."""
        files = sorted(self.files, key=lambda each: os.fsencode(each.path))
        return Found(sorted(self.databases), files, self.problems, sorted(self.left))

    def at(self, here: Here) -> None:
        """Look at what lies in a folder, and in the folders there.

        Raises:
            OSError: If the folder cannot be read; what cannot be in it is noted.
        """
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
        self, here: Here, entry: os.DirEntry[str], files: dict[str, tuple[Looked, bool]]
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

    def _inner(self, here: Here, name: str) -> None:
        path = here.prefix + name
        if here.depth == DEEPEST:
            self.problems.append(Problem(path, f"it is more than {DEEPEST} folders deep"))
            return
        with beneath.entered(here.folder, name) as inner:
            self.at(Here(inner, f"{path}/", here.depth + 1))

    def _file(self, here: Here, name: str, status: os.stat_result) -> tuple[Looked, bool]:
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
    return Looked(path, kind, mode, modified(status), signature(status), target)
