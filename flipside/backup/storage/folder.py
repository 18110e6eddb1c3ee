"""A repository in a folder."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.storage.disk import telling, written
from flipside.backup.storage.protocol import OTHERS, TAKEN, TRIES, Listed
from flipside.machine.files import locked, sync, write_atomic


class Folder:
    """A repository in a folder, of a file system that has hard links.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Apart from the objects, so that it is cheap to find what killed writers left, and nothing
        # keeps an emptied folder from going.
        self._temporary = path / ".tmp"

    def __str__(self) -> str:
        return str(self.path)

    def make(self) -> None:
        """Make the folder."""
        with telling("make the folder", self.path):
            new = [each for each in (self.path, *self.path.parents) if not each.exists()]
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._temporary.mkdir(exist_ok=True)
            for each in (self.path, *(made.parent for made in new)):
                sync(each)

    def put(self, name: str, data: bytes) -> None:
        """Write a temporary file, then link it: a link never replaces, unlike a rename."""
        with telling("write", self.path / name):
            for left in reversed(range(TRIES)):
                try:
                    self._put(name, data)
                except FileNotFoundError:
                    # A delete took the emptied folder away between our making it and our using it.
                    if not left:
                        raise
                else:
                    return

    def get(self, name: str) -> bytes | None:
        """Return a file's content."""
        path = self.path / name
        with telling("read", path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                self._require()
                return None

    def list(self, prefix: str, *, deep: bool = True) -> Iterator[Listed]:
        """Yield the files in a folder, or beneath it."""
        with telling("list", self.path / prefix):
            self._require()
            found = sorted(self._walk(prefix, deep=deep))
        yield from found

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the folders in a folder, but for those without files."""
        with telling("list", self.path / prefix):
            self._require()
            held = (
                each.name for each in self._entries(prefix) if each.is_dir(follow_symlinks=False)
            )
            found = sorted(name for name in held if any(self._walk(f"{prefix}{name}/")))
        yield from found

    def delete(self, name: str) -> None:
        """Remove a file, and the folders that held nothing else."""
        path = self.path / name
        with telling("remove", path):
            self._require()
            path.unlink(missing_ok=True)
            sync(self._emptied(name))

    def swap(self, name: str, old: bytes | None, new: bytes) -> bool:
        """Replace a file, one process at a time."""
        with telling("write", self.path / name):
            self._require()
            with locked(self.path / ".lock"):
                found = self.get(name)
                if found == old != new:
                    write_atomic(self.path / name, new, 0o600)
            return found in (old, new)

    def _put(self, name: str, data: bytes) -> None:
        target = self.path / name
        self._require()
        with written(self._temporary, data) as temporary:
            folders = PurePosixPath(name).parents
            for folder in reversed(folders[:-1]):  # never the root, should it go meanwhile
                (self.path / folder).mkdir(exist_ok=True)
            try:
                os.link(temporary, target)
            except FileExistsError:
                if target.read_bytes() != data:
                    raise ConflictError(TAKEN, str(target), OTHERS) from None
            # Up to the root, and if it was there as well: who linked it, or made the folders, may
            # have been killed before.
            for folder in folders:
                sync(self.path / folder)

    def _walk(self, prefix: str, *, deep: bool = True) -> Iterator[Listed]:
        for each in self._entries(prefix):
            name = prefix + each.name
            if each.is_dir(follow_symlinks=False):
                yield from self._walk(f"{name}/") if deep else ()
            else:
                with suppress(FileNotFoundError):  # deleted since
                    yield Listed(name, each.stat().st_size)

    def _entries(self, prefix: str) -> Sequence[os.DirEntry[str]]:
        try:
            with os.scandir(self.path / prefix) as found:
                return [each for each in found if not each.name.startswith(".")]
        except FileNotFoundError:
            self._require()
            return ()

    def _emptied(self, name: str) -> Path:
        """Remove the folders of a name that are empty; return the first that stays."""
        for folder in PurePosixPath(name).parents[:-1]:
            try:
                (self.path / folder).rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return self.path / folder
        return self.path

    def _require(self) -> None:
        """Refuse a folder that is gone, or empty as where a disk is mounted that is not."""
        what = "the folder is empty: there is no repository, or its disk is not mounted"
        try:
            with os.scandir(self.path) as entries:
                if next(entries, None):
                    return
        except FileNotFoundError:
            what = "there is no such folder"
        begin = f"flipside-backup init {shlex.quote(str(self.path))}"
        raise BackupError(what, str(self.path), f"mount its disk; for a new one: {begin}")
