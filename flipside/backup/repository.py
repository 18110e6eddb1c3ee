"""A repository: objects in a storage, the keys of their epochs, and one writer at a time."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.names import CONFIG, Epoch, epoch_of
from flipside.backup.sealing import EpochKey
from flipside.backup.storage import Storage

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

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

    def new_epoch(self, database: str, name: str, recipients: Sequence[str]) -> tuple[Epoch, EpochKey]:
        """Begin an epoch after the last one; it counts once its base is put.

        Args:
            database: The database's id.
            name: Its name, for whoever can open the key.
            recipients: Public keys, ``age1...``.
        """
        numbers = [epoch.number for epoch in self.epochs(database)]
        epoch = Epoch(database, max(numbers, default=0) + 1, secrets.token_hex(4))
        key = EpochKey(os.urandom(32), self.id)
        self.storage.put(epoch.key, _wrapped(epoch, key, name, recipients))
        return epoch, key

    def epochs(self, database: str | None = None) -> list[Epoch]:
        """Return the epochs that have a base, of one database or all, in order."""
        prefix = f"db/{database}/" if database else "db/"
        names = self.storage.list(prefix)
        found = ((epoch_of(name), name) for name in names)
        return sorted(epoch for epoch, name in found if epoch and name == epoch.base)

    def key(self, epoch: Epoch, identities: Sequence[Identity]) -> tuple[EpochKey, str]:
        """Return an epoch's key, and the name of its database.

        Raises:
            DamagedError: If the key is missing, altered, or another epoch's.
            BackupError: If none of the private keys opens it.
        """
        found = _opened(self.require(epoch.key), epoch.key, identities)
        place = {"repository": self.id, "database": epoch.database}
        place |= {"number": epoch.number, "random": epoch.random}
        if {name: found.get(name) for name in place} != place:
            raise DamagedError("this is the key of another epoch", epoch.key)
        return EpochKey(bytes.fromhex(found["key"]), self.id), str(found["name"])

    def require(self, name: str) -> bytes:
        """Return an object. Raises DamagedError if it is missing."""
        data = self.storage.get(name)
        if data is None:
            raise DamagedError("the object is missing", name)
        return data

    def increments(self, epoch: Epoch) -> Iterator[str]:
        """Yield the names of an epoch's increments, in order."""
        return (n for n in self.storage.list(epoch.prefix) if n.startswith(epoch.prefix + "i"))


def create(storage: Storage) -> Repository:
    """Make an empty storage a repository.

    Raises:
        BackupError: If there is one already.
    """
    storage.make()
    if storage.get(CONFIG) is not None:
        raise BackupError("there is a repository already", str(storage))
    repository = Repository(storage, secrets.token_hex(8))
    config = {"format": FORMAT, "id": repository.id}
    storage.put(CONFIG, json.dumps(config).encode() + b"\n")
    return repository


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


def _wrapped(epoch: Epoch, key: EpochKey, name: str, recipients: Sequence[str]) -> bytes:
    import pyrage

    content = {
        "repository": key.repository,
        "database": epoch.database,
        "number": epoch.number,
        "random": epoch.random,
        "name": name,
        "key": key.secret.hex(),
    }
    readers = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    wrapped: bytes = pyrage.encrypt(json.dumps(content).encode(), readers)
    return wrapped


def _opened(data: bytes, name: str, identities: Sequence[Identity]) -> dict[str, Any]:
    import pyrage

    try:
        found: dict[str, Any] = json.loads(pyrage.decrypt(data, list(identities)))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            advice = "name the right one with --identity"
            raise BackupError("no private key here opens this backup", name, advice) from None
        raise DamagedError("the key was altered or cut", name) from None
    except ValueError:
        raise DamagedError("this is no key of an epoch", name) from None
    return found
