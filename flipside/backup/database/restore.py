"""A database brought back: proven before it is put in its place, and never over another by mistake."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from flipside.backup.database.chain import Chain
from flipside.backup.database.prove import refuse_damaged
from flipside.backup.errors import BackupError
from flipside.backup.keys import Keys
from flipside.backup.moment import Moment, Until
from flipside.backup.names import DATABASE, subject_id
from flipside.backup.repository import Repository
from flipside.machine.files import sync_folder

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database, and would apply to whatever takes its place."""
LIST = "flipside-backup list REPO"


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


def find(repository: Repository, name: str, until: Until, keys: Keys) -> Chain:
    """Return the epoch of a database that has the moment.

    Raises:
        BackupError: If there is none such, or none that can be opened.
        DamagedError: If it is damaged.
    """
    after: Chain | None = None
    none = True
    for epoch in repository.epochs(DATABASE, subject_id(repository.id, name)):
        none = False
        if until.may_be_in(epoch):
            chain = Chain(repository, epoch, keys, after.base.after if after else None)
            if until.includes(chain.start):
                return chain
            after = chain
    what = f"the repository has no database {name}" if none else f"nothing was kept {until}"
    raise BackupError(what, name, LIST if none else f"{LIST} {name}")


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
        moment = chain.write(fresh, until, lambda: refuse_damaged(fresh, chain))
        return Restored(chain.name, moment, _put(fresh, target))
    except OSError as error:
        what = f"cannot write: {error.strerror}; nothing was changed"
        raise BackupError(what, str(target.parent), "make room, then do it again") from None
    finally:
        fresh.unlink(missing_ok=True)


def _put(fresh: Path, target: Path) -> Path | None:
    """Rename into place; what was there, with what belongs to it, is kept under another name."""
    now = time.strftime("%Y%m%dT%H%M%S")
    kept = target.with_name(f"{target.name}.replaced-{now}-{os.urandom(2).hex()}")
    there = target.exists()
    if there:
        status = target.stat()
        os.chown(fresh, status.st_uid, status.st_gid)
        fresh.chmod(status.st_mode & 0o777)
        os.link(target, kept)
    for suffix in BESIDE:
        beside = target.with_name(target.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    fresh.replace(target)
    sync_folder(target.parent)
    return kept if there else None
