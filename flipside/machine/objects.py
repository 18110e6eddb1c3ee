"""The store's files, each in a folder named by its SHA-256, so that none is uploaded twice."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from flipside.errors import FlipsideError, NotFoundError
from flipside.machine.files import locked, sync
from flipside.machine.layout import Layout

GRACE = 3600
"""Seconds that an object may lie unreferenced: between its upload and its release's publishing."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]{0,254}")


class Objects:
    """The files of a release store.

    Args:
        layout: Where they lie.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def path(self, sha256: str, name: str) -> Path:
        """Return where the file ``name`` with that SHA-256 lies, or would lie.

        Raises:
            FlipsideError: If either could name anything else.
        """
        return self._folder(sha256) / _checked(name, _NAME, "file name")

    def incoming(self) -> Path:
        """Return a path that nothing else uses, for one upload."""
        self.layout.incoming.mkdir(parents=True, exist_ok=True)
        return self.layout.incoming / secrets.token_hex(16)

    def missing(self, shas: Collection[str]) -> list[str]:
        """Return those that must be uploaded; the others are safe from collection for `GRACE`."""
        with locked(self.layout.store_lock, shared=True):
            return [sha for sha in dict.fromkeys(shas) if not self._renew(sha)]

    def adopt(self, incoming: Path, sha256: str, name: str) -> Path:
        """Check an upload and move it to its place.

        Args:
            incoming: A file in the store's ``incoming`` folder. It is gone afterwards.
            sha256: What its content must hash to, in lower-case hex.
            name: Its file name.

        Returns:
            Where it lies now.

        Raises:
            FlipsideError: If it is another content (cut short, say), or no upload at all.
        """
        target = self.path(sha256, name)
        if incoming.parent != self.layout.incoming or incoming.is_symlink():
            raise FlipsideError("an upload must lie in the store's folder for it", str(incoming))
        self._check(incoming, sha256, name)
        with locked(self.layout.store_lock, shared=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            incoming.chmod(0o444)
            incoming.replace(target)
            sync(target.parent)
            os.utime(target.parent)
        return target

    def require(self, sha256: str, name: str) -> Path:
        """Return the file, giving it that name if its content is here under another.

        Raises:
            NotFoundError: If no such content is in the store.
        """
        target = self.path(sha256, name)
        if not target.is_file():
            others = [path for path in self._files(sha256) if path != target]
            if not others:
                raise NotFoundError(
                    f"the store lacks {name}", f"sha256 {sha256}", "flipside app.publish"
                )
            shutil.copyfile(others[0], incoming := self.incoming())
            incoming.replace(target)
        self._renew(sha256)
        return target

    def collect(self, referenced: Collection[str]) -> tuple[int, int]:
        """Delete unreferenced objects and uploads older than `GRACE`; the caller holds the lock.

        Returns:
            How many, and their bytes.
        """
        doomed = [path for path in _entries(self.layout.objects) if path.name not in referenced]
        doomed = [path for path in doomed + _entries(self.layout.incoming) if _is_old(path)]
        sizes = [_size(path) for path in doomed]
        for path in doomed:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        return len(doomed), sum(sizes)

    def _folder(self, sha256: str) -> Path:
        return self.layout.objects / _checked(sha256, _SHA256, "SHA-256")

    def _files(self, sha256: str) -> list[Path]:
        return [path for path in _entries(self._folder(sha256)) if path.is_file()]

    def _renew(self, sha256: str) -> bool:
        if not self._files(sha256):
            return False
        os.utime(self._folder(sha256))
        return True

    def _check(self, incoming: Path, sha256: str, name: str) -> None:
        with incoming.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        if found != sha256:
            incoming.unlink()
            raise FlipsideError(
                f"{name} did not arrive whole: its SHA-256 is {found[:12]}..., not {sha256[:12]}...",
                where=str(incoming),
                next="flipside app.publish",
            )


def _checked(text: str, pattern: re.Pattern[str], kind: str) -> str:
    if pattern.fullmatch(text):
        return text
    raise FlipsideError(f"{text!r} is no {kind} that the store can hold")


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_old(path: Path) -> bool:
    try:
        # Not the mtime: an upload may bring its own along.
        return time.time() - path.stat().st_ctime > GRACE
    except FileNotFoundError:
        return False


def _size(path: Path) -> int:
    files = _entries(path) if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
