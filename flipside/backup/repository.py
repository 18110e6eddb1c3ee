"""A repository: objects in a storage, each part of an epoch."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.names import CONFIG, Epoch, epoch_of
from flipside.backup.sealing import EpochKey
from flipside.backup.storage.protocol import Storage

FORMAT = 1


@dataclass(frozen=True)
class Repository:
    """A repository.

    Attributes:
        storage: Where it lies.
        id: 16 hex digits, made at its beginning; part of what each object is bound to.
    """

    storage: Storage
    id: str

    def new_epoch(
        self, kind: str, subject: str, name: str, recipients: Sequence[str]
    ) -> tuple[Epoch, EpochKey]:
        """Begin an epoch after the last one; one of a database counts once its base is put.

        Args:
            kind: `names.DATABASE` or `names.FILES`.
            subject: The subject's id.
            name: Its name, for whoever can open the key.
            recipients: Public keys, ``age1...``.
        """
        from flipside.backup.keys import wrapped

        last = max((each.number for each in self.begun(kind, subject)), default=0)
        epoch = Epoch(kind, subject, last + 1, secrets.token_hex(4))
        key = EpochKey(os.urandom(32), self.id)
        self.storage.put(epoch.key, wrapped(epoch, key, name, recipients))
        return epoch, key

    def subjects(self, kind: str) -> list[str]:
        """Return the ids of the subjects of a kind."""
        return list(self.storage.folders(f"{kind}/"))

    def begun(self, kind: str, subject: str) -> list[Epoch]:
        """Return all epochs of a subject that anything is there of, in order."""
        prefix = f"{kind}/{subject}/"
        found = (epoch_of(f"{prefix}{label}") for label in self.storage.folders(prefix))
        return sorted(epoch for epoch in found if epoch)

    def heads(self, epoch: Epoch) -> set[str]:
        """Return the names of an epoch's objects but for chunks, increments and files."""
        return {each.name for each in self.storage.list(epoch.prefix, deep=False)}

    def require(self, name: str) -> bytes:
        """Return an object. Raises DamagedError if it is missing."""
        data = self.storage.get(name)
        if data is None:
            raise DamagedError("the object is missing", name)
        return data


def create(storage: Storage) -> Repository:
    """Make an empty storage a repository.

    Raises:
        BackupError: If there is one already.
    """
    storage.make()
    if exists(storage):
        raise BackupError("there is a repository already", str(storage))
    repository = Repository(storage, secrets.token_hex(8))
    config = {"format": FORMAT, "id": repository.id}
    storage.put(CONFIG, json.dumps(config).encode() + b"\n")
    return repository


def exists(storage: Storage) -> bool:
    """Return whether there is a repository, be it one that can be opened or not."""
    return storage.get(CONFIG) is not None


def opened(storage: Storage) -> Repository:
    """Return the repository of a storage.

    Raises:
        BackupError: If there is none, or one of a newer format.
    """
    data = storage.get(CONFIG)
    if data is None:
        what = "there is no repository"
        raise BackupError(what, str(storage), f"flipside-backup init {storage}")
    try:
        found = json.loads(data)
        number, name = int(found["format"]), str(found["id"])
    except (ValueError, KeyError, TypeError):
        raise DamagedError("this is no description of a repository", CONFIG) from None
    if number != FORMAT:
        what = f"the repository has format {number}, and this program knows {FORMAT}"
        raise BackupError(what, str(storage), "install a newer Flipside")
    return Repository(storage, name)
