"""The mark of a line, or of a whole epoch, that is about to be deleted: nobody sees it from then on."""

from __future__ import annotations

import math
from collections.abc import Collection

from flipside.backup import fields
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.names import Epoch
from flipside.backup.packing import pack_json, read_json
from flipside.backup.repository import Repository
from flipside.backup.retention import is_over, is_to_come
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


def since(
    repository: Repository, keys: Keys, epoch: Epoch, line: str, heads: Collection[str]
) -> float | None:
    """Return since when a line is marked, None if it is not.

    Of an epoch whose key is deleted nobody can tell, and nothing is left to wait for: for ever.

    Args:
        repository: Where the epoch lies.
        keys: What opens it.
        epoch: Which.
        line: Which of its lines; `WHOLE` being all of it.
        heads: What `Repository.heads` says of it.

    Raises:
        UnopenedError: If it cannot be opened.
        DamagedError: If nobody with the key made the mark.
    """
    if epoch.gone(line) not in heads:
        return None
    if epoch.key not in heads:  # a deletion's last but one
        return -math.inf
    key, _ = keys.open(epoch)
    return read(repository, key, epoch, line)


def is_due(repository: Repository, keys: Keys, epoch: Epoch, line: str, now: float) -> bool:
    """Return whether a line was marked long enough ago; a mark of a time to come is taken back.

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
    try:
        at = since(repository, keys, epoch, line, repository.heads(epoch))
    except UnopenedError:
        return False
    if at is None:
        return False
    if is_to_come(at, now):
        repository.storage.delete(epoch.gone(line))
    return is_over(at, now)
