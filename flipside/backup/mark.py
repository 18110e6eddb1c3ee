"""The mark of a line, or of a whole epoch, that is about to be deleted: nobody sees it from then on."""

from __future__ import annotations

from flipside.backup import fields
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.names import Epoch
from flipside.backup.packing import pack_json, read_json
from flipside.backup.repository import Repository
from flipside.backup.retention import DAY, GRACE
from flipside.backup.sealing import FIRST, GONE, EpochKey


def put(repository: Repository, key: EpochKey, epoch: Epoch, line: str, at: float) -> None:
    """Mark a line, `WHOLE` being all of an epoch, at a time in seconds since 1970."""
    name = epoch.gone(line)
    repository.storage.put(name, key.seal(GONE, name, FIRST, pack_json({"at": at})))


def read(repository: Repository, key: EpochKey, epoch: Epoch, line: str) -> float:
    """Return when a line was marked. Raises DamagedError if nobody with the key did that."""
    name = epoch.gone(line)
    found = read_json(key.open(GONE, name, FIRST, repository.require(name)), name)
    try:
        return fields.moment(found["at"])
    except (KeyError, ValueError):
        raise DamagedError("this is no mark", name) from None


def is_over(repository: Repository, keys: Keys, epoch: Epoch, line: str, now: float) -> bool:
    """Return whether a line was marked, and long enough ago; a mark of a time to come is taken back.

    Args:
        repository: Where the epoch lies.
        keys: What opens it; a mark in one that it does not open says nothing.
        epoch: Which.
        line: Which of its lines; `WHOLE` being all of it.
        now: Seconds since 1970.

    Raises:
        DamagedError: If nobody with the key made the mark.
        BackupError: If the storage does not answer.
    """
    heads = repository.heads(epoch)
    if epoch.gone(line) not in heads:
        return False
    if epoch.key not in heads:  # a deletion's last but one
        return True
    try:
        key, _ = keys.open(epoch)
    except UnopenedError:
        return False
    at = read(repository, key, epoch, line)
    if at > now + DAY:  # the clock was ahead
        repository.storage.delete(epoch.gone(line))
    return now - at > GRACE
