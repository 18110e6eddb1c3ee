"""Everything in a repository read and authenticated, and the last image of each epoch proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flipside.backup.catalogue import Entry, catalogue
from flipside.backup.database.chain import Chain
from flipside.backup.database.chains import chains
from flipside.backup.database.rebuild import write
from flipside.backup.errors import DamagedError
from flipside.backup.keys import Keys
from flipside.backup.local import Local
from flipside.backup.media import verify as verify_files
from flipside.backup.moment import Until
from flipside.backup.names import DATABASE
from flipside.backup.report import lost
from flipside.backup.repository import Repository
from flipside.backup.scratch import scratch


@dataclass(frozen=True)
class Verified:
    """What was found of one subject.

    Attributes:
        name: Its name.
        moments: How many it can be restored to.
        objects: How many objects were read.
        size: Bytes of them.
        error: What is damaged, in words; None if nothing is.
    """

    name: str
    moments: int = 0
    objects: int = 0
    size: int = 0
    error: str | None = None


def verify(local: Local, keys: Keys) -> Iterator[Verified]:
    """Read every object of the repository; yield what was found of each subject.

    Where this computer writes to it, what it put last must be there, too: that the end of a chain was
    cut off cannot be told from the repository alone.

    Raises:
        UnopenedError: If a subject cannot be opened.
        BackupError: If the storage does not answer.
    """
    found = catalogue(local.repository, keys)
    for error in found.damaged:
        yield Verified("what cannot be named", error=str(error))
    for entry in found.entries:
        try:
            yield _verified(local, entry, keys)
        except DamagedError as error:
            yield Verified(entry.name, error=str(error))


def _verified(local: Local, entry: Entry, keys: Keys) -> Verified:
    if entry.kind == DATABASE:
        moments = _database(local, entry, keys)
    else:
        moments = verify_files(local.repository, entry.epoch.subject, keys).moments
    prefix = f"{entry.kind}/{entry.epoch.subject}/"
    sizes = [each.size for each in local.repository.storage.list(prefix)]
    return Verified(entry.name, moments, len(sizes), sum(sizes))


def _database(local: Local, entry: Entry, keys: Keys) -> int:
    moments = 0
    for chain in chains(local.repository, entry.epoch.subject, keys):
        moments += proven(chain, local.folder)
        _require_before(local.repository, chain)
    folder = local.subject(entry.name)
    tip = local.state(entry.name).tip() if folder.exists() else None
    if tip and (name := lost(local, tip)):
        raise DamagedError("the object is missing: what was put last was cut off", name)
    return moments


def _require_before(repository: Repository, chain: Chain) -> None:
    """Raise DamagedError if the epoch before is there but for its base: only damage leaves that."""
    end = chain.base.after
    for epoch in repository.begun(DATABASE, chain.epoch.subject) if end else ():
        heads = repository.heads(epoch)
        if end and epoch.label == end.epoch and not {epoch.base, epoch.gone()} & heads:
            raise DamagedError("the object is missing", epoch.base)


def proven(chain: Chain, folder: Path) -> int:
    """Read a whole epoch, and prove its last image; return how many moments it has.

    Args:
        chain: The epoch.
        folder: One on a disk with room for the database.

    Raises:
        DamagedError: If an object is missing or altered, or an image is not what it was.
    """
    for line in chain.lines[1:]:
        if chain.has_hours:
            for _ in chain.batches(line):
                pass
    with scratch(folder) as made:
        write(chain, made / "image", Until())
    return sum(1 for _ in chain.moments())
