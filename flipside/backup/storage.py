"""Where a repository lies: a folder, or a bucket of S3's. Objects are put once and never changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from flipside.backup.errors import BackupError, ConflictError
from flipside.machine.files import sync_folder


class Storage(Protocol):
    """A place for objects."""

    def make(self) -> None:
        """Make the place itself, if it is not there. Raises BackupError if that cannot be."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Store an object; when this returns it outlives anything, and before nobody sees it.

        Raises:
            ConflictError: If there is another object of that name.
            BackupError: If it cannot be stored.
        """
        ...

    def get(self, name: str) -> bytes | None:
        """Return an object, None if there is none. Raises BackupError if that cannot be known."""
        ...

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the names that begin so, in order."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object, if it is there."""
        ...


class Folder:
    """A repository in a folder.

    Args:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def make(self) -> None:
        """Make the folder."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BackupError(f"cannot make it: {error.strerror}", str(self.path)) from error

    def put(self, name: str, data: bytes) -> None:
        """Write a temporary file, then link it: a link never replaces, unlike a rename."""
        target = self.path / name
        temporary = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
        self._require()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(temporary, data)
            os.link(temporary, target)
            sync_folder(target.parent)
        except FileExistsError:
            if target.read_bytes() != data:
                what = "there is another object of this name: another agent writes here, too"
                raise ConflictError(what, str(target)) from None
        except OSError as error:
            raise BackupError(f"cannot write: {error.strerror}", str(target)) from error
        finally:
            temporary.unlink(missing_ok=True)

    def get(self, name: str) -> bytes | None:
        """Return a file's content."""
        path = self.path / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            self._require()
            return None
        except OSError as error:
            raise BackupError(f"cannot read: {error.strerror}", str(path)) from error

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the files beneath a folder; ``prefix`` ends with a slash or is empty."""
        self._require()
        found = (path for path in (self.path / prefix).rglob("*") if path.is_file())
        names = (str(path.relative_to(self.path)) for path in found if path.name[0] != ".")
        yield from sorted(names)

    def delete(self, name: str) -> None:
        """Remove a file."""
        (self.path / name).unlink(missing_ok=True)

    def _require(self) -> None:
        """Refuse a folder that is gone, as one whose disk is not mounted: it is not to be made anew."""
        if not self.path.is_dir():
            raise BackupError("there is no such folder", str(self.path))


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
