"""A database brought back: proven before it is put in its place, and never over another by mistake."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flipside.backup.database.chain import Chain
from flipside.backup.database.damage import refuse_restored
from flipside.backup.database.rebuild import write
from flipside.backup.errors import BackupError
from flipside.backup.moment import Moment, Until
from flipside.machine.files import aside, sync
from flipside.sqlite_files import BESIDE

_REFUSED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL}


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        name: The database's.
        moment: Which moment it is of now.
        kept: Where the file is that was replaced, None if there was none.
    """

    name: str
    moment: Moment
    kept: Path | None


def restore(chain: Chain, until: Until, target: Path, *, replace: bool) -> Restored:
    """Write a database's image at a moment, check it, and put it in its place.

    Args:
        chain: Its epoch.
        until: Which moment.
        target: The file to be; its folder must exist.
        replace: Whether one that is there may be replaced; it is kept beside. Nobody may have it open.

    Raises:
        BackupError: If the target is there, the folder is not, or there is no such moment.
        DamagedError: If the image cannot be proven; then nothing was changed.
    """
    if target.is_dir():
        raise BackupError("this is a folder", str(target), "name the file to write in it")
    if os.path.lexists(target) and not replace:
        raise BackupError("the file is there already", str(target), "--replace keeps it beside")
    if not target.parent.is_dir():
        raise BackupError("there is no such folder", str(target.parent))
    fresh = target.with_name(f".{target.name}.{os.urandom(4).hex()}")
    try:
        fresh.touch(0o600)
        moment = write(chain, fresh, until, lambda: refuse_restored(fresh, chain.epoch.prefix))
        return Restored(chain.name, moment, _put(fresh, target))
    except OSError as error:
        what = f"cannot write: {error.strerror}; nothing was changed"
        raise BackupError(what, str(target.parent), "make room, then do it again") from None
    finally:
        fresh.unlink(missing_ok=True)


def _settle(target: Path) -> None:
    """Bring what a killed writer left beside a database into it, so that one rename replaces it all.

    One that is damaged stays as it is: the more reason to replace it.

    Raises:
        BackupError: If somebody has it open, or there is no room.
    """
    try:
        with closing(sqlite3.connect(target, timeout=1)) as old:
            (busy, *_) = old.execute("PRAGMA wal_checkpoint(truncate)").fetchone()
    except sqlite3.DatabaseError as error:
        busy = error.sqlite_errorcode & 0xFF in _REFUSED
    if busy:
        what = "somebody has the database open, or there is no room for what is in its log"
        raise BackupError(what, str(target), "end what uses it, then do it again")


def _put(fresh: Path, target: Path) -> Path | None:
    """Rename into place; what was there, with what belongs to it, is kept under another name."""
    kept = target.with_name(target.name + aside())
    there = target.exists()
    if there:
        _settle(target)
        status = target.stat()
        os.chown(fresh, status.st_uid, status.st_gid)
        fresh.chmod(status.st_mode & 0o777)
        os.link(target, kept)
    for suffix in BESIDE:
        beside = target.with_name(target.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    fresh.replace(target)
    sync(target.parent)
    return kept if there else None
