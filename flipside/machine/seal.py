"""Making a release read-only, and finding what was written into it nevertheless.

Root may write anywhere, so an app that runs as root is not stopped by permissions: an inventory
made at sealing tells what it wrote, which would be lost with the release.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flipside.machine.files import now, read_json, write_json

_SEAL = "sealed.json"
_WRITE = 0o222
_READ_ONLY = 0o555
_WRITABLE = 0o755
_PARTS = ("tree", "venv")

Inventory = dict[str, list[int | str]]
"""By path relative to the release: a link's target, or a file's size and mtime in ns; a folder
ends in a slash and has neither."""


def seal(release: Path) -> None:
    """Make a release read-only and note what it consists of. Sealing twice does no harm.

    Args:
        release: Its folder.
    """
    if is_sealed(release):
        return
    inventory = dict(_inventory(release))
    for folder, _, files in os.walk(release, topdown=False):
        for name in files:
            _forbid_writing(f"{folder}/{name}")
        if folder != str(release):
            os.chmod(folder, _READ_ONLY)
    # The seal must not outlive a power cut that the files did not.
    os.sync()
    write_json(release / _SEAL, {"at": now(), "files": inventory}, 0o444)
    release.chmod(_READ_ONLY)


def is_sealed(release: Path) -> bool:
    """Return whether a release is installed and all its install steps have run."""
    return (release / _SEAL).exists()


def sealed_at(release: Path) -> str | None:
    """Return when a release was sealed, as ISO 8601, or None."""
    at: str | None = read_json(release / _SEAL, {}).get("at")
    return at


def written(release: Path) -> list[str]:
    """Return what was created, changed, replaced or deleted in a release since it was sealed.

    Args:
        release: Its folder.

    Returns:
        Paths relative to it, such as ``tree/app.db``, ``tree/spool/`` or ``venv/lib/.../app.db``,
        in order; of a new folder nothing but itself; bytecode does not count. Nothing for a release that is not sealed.
    """
    if not is_sealed(release):
        return []
    sealed: Inventory = read_json(release / _SEAL)["files"]
    found = dict(_inventory(release))
    changed = {path for path in sealed.keys() | found if sealed.get(path) != found.get(path)}
    return sorted(path for path in changed if not _lies_in(path, changed))


def _lies_in(path: str, folders: set[str]) -> bool:
    """Return whether a path is within one of the folders: naming that one is enough."""
    return any(f"{parent}/" in folders for parent in Path(path).parents)


def remove(release: Path) -> None:
    """Delete a release's folder, sealed, whole or not; no half of it is ever taken for a whole.

    Args:
        release: Its folder, or a link that an app put there; nothing happens if there is none.
    """
    if not os.path.lexists(release):
        return
    delete(release if release.name.startswith(".") else set_aside(release))


def set_aside(release: Path) -> Path:
    """Rename a release's folder to what an unfinished one is called; return that."""
    aside = release.with_name(f".{release.name}.{os.getpid()}")
    delete(aside)
    return release.rename(aside)


def delete(folder: Path) -> None:
    """Delete a folder whose folders may be read-only, and that another may be deleting, too."""
    if folder.is_symlink():
        folder.unlink(missing_ok=True)
        return
    # Root needs no permission, and an app could put a link in the place of a folder.
    for parent, _, _ in os.walk(folder) if os.geteuid() else ():
        with contextlib.suppress(FileNotFoundError):
            os.chmod(parent, _WRITABLE)
    shutil.rmtree(folder, onerror=_unless_gone)


def _unless_gone(_function: object, _path: str, failure: tuple[Any, BaseException, Any]) -> None:
    if not isinstance(failure[1], FileNotFoundError):
        raise failure[1]


def _forbid_writing(path: str) -> None:
    mode = os.lstat(path).st_mode
    if stat.S_ISREG(mode) and mode & _WRITE:
        os.chmod(path, 0o555 if mode & 0o111 else 0o444)


def _inventory(release: Path) -> Iterator[tuple[str, list[int | str]]]:
    for part in _PARTS:
        yield from _scan(f"{release}/{part}", part)


def _scan(folder: str, prefix: str) -> Iterator[tuple[str, list[int | str]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = f"{prefix}/{entry.name}"
            if entry.is_symlink():
                yield name, [os.readlink(entry.path)]
            elif not entry.is_dir():
                found = entry.stat(follow_symlinks=False)
                yield name, [found.st_size, found.st_mtime_ns]
            elif entry.name != "__pycache__":
                yield f"{name}/", []
                yield from _scan(entry.path, name)
