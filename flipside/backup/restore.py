"""A database brought back: proven before it is put in its place, and never over another by mistake."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.backup.chain import Chain, Moment
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.names import database_id
from flipside.backup.repository import Repository
from flipside.machine.files import sync_folder

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, and would apply to whatever takes its place."""


@dataclass(frozen=True)
class Wanted:
    """Which moment of a database is wanted.

    Attributes:
        name: The database's.
        at: The last moment that is not after it, seconds since 1970; the last of all if None.
        id: A moment by its id instead, as ``3.17``.
    """

    name: str
    at: float | None = None
    id: str | None = None


def find(
    repository: Repository, wanted: Wanted, identities: Sequence[Identity]
) -> tuple[Chain, Moment]:
    """Return the moment, and the chain that it belongs to.

    Raises:
        BackupError: If there is none such, or none that can be opened.
    """
    epochs = repository.epochs(database_id(repository.id, wanted.name))
    if not epochs:
        what = f"the repository has no database {wanted.name}"
        raise BackupError(what, str(repository.storage), "flipside-backup list REPO")
    for epoch in reversed(epochs):
        if wanted.id and int(wanted.id.partition(".")[0]) != epoch.number:
            continue
        chain = Chain(repository, epoch, identities)
        if found := _last(chain, wanted):
            return chain, found
    raise BackupError(
        f"nothing of {wanted.name} was kept by then", None, "flipside-backup list REPO"
    )


def _last(chain: Chain, wanted: Wanted) -> Moment | None:
    found = None
    for moment in chain.moments():
        if wanted.id == moment.id:
            return moment
        if not wanted.id and (wanted.at is None or moment.at <= wanted.at):
            found = moment
    return found


def restore(chain: Chain, moment: Moment, target: Path, *, replace: bool) -> Path | None:
    """Write a database's image at a moment, check it, and put it in its place.

    Args:
        chain: Its epoch.
        moment: Which.
        target: The file to be; its folder must exist.
        replace: Whether one that is there may be replaced; it is kept beside. Nobody may have it open.

    Returns:
        Where the replaced file is kept, if there was one.

    Raises:
        BackupError: If the target is there, or the folder is not.
        DamagedError: If the image cannot be proven; then nothing was changed.
    """
    if target.exists() and not replace:
        raise BackupError("the file is there already", str(target), "--replace keeps it beside")
    if not target.parent.is_dir():
        raise BackupError("there is no such folder", str(target.parent))
    fresh = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        chain.write(fresh, int(moment.id.partition(".")[2]))
        check(fresh)
        return _put(fresh, target)
    except OSError as error:
        what = f"cannot write: {error.strerror}; nothing was changed"
        raise BackupError(what, str(target.parent)) from None
    finally:
        for suffix in ("", *BESIDE):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)


def _put(fresh: Path, target: Path) -> Path | None:
    """Rename into place; what was there, with what belongs to it, is kept under another name."""
    now = time.strftime("%Y%m%dT%H%M%S")
    kept = target.with_name(f"{target.name}.replaced-{now}-{os.urandom(2).hex()}")
    there = target.exists()
    if there:
        fresh.chmod(target.stat().st_mode & 0o777)
        os.link(target, kept)
    for suffix in BESIDE:
        beside = target.with_name(target.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    fresh.replace(target)
    sync_folder(target.parent)
    return kept if there else None


def check(path: Path) -> None:
    """Raise DamagedError if SQLite finds anything wrong with an image."""
    if path.stat().st_size == 0:
        return
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    if said != "ok":
        raise DamagedError(f"SQLite finds the image damaged: {said}", str(path))
