"""Who opens epochs: whoever has a private key, or the agent, which keeps the keys that it made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from flipside.backup import fields
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.names import Epoch, subject_id
from flipside.backup.packing import read_json
from flipside.backup.repository import Repository
from flipside.backup.sealing import EpochKey
from flipside.machine import files

if TYPE_CHECKING:
    from pyrage.x25519 import Identity


class Keys(Protocol):
    """What opens epochs."""

    def open(self, epoch: Epoch) -> tuple[EpochKey, str]:
        """Return an epoch's key, and the name of its subject.

        Raises:
            DamagedError: If the key is missing, altered, or another epoch's.
            UnopenedError: If it cannot be opened with what is at hand.
        """
        ...


@dataclass(frozen=True)
class Identities:
    """Private keys, for the age files in the repository.

    Attributes:
        repository: Where epochs lie.
        identities: The private keys.
    """

    repository: Repository
    identities: Sequence[Identity]

    def open(self, epoch: Epoch) -> tuple[EpochKey, str]:
        """Unwrap an epoch's key."""
        found = _unwrapped(self.repository.require(epoch.key), epoch.key, self.identities)
        place = _place(epoch, self.repository.id)
        if {name: found.get(name) for name in place} != place:
            raise DamagedError("this is the key of another epoch", epoch.key)
        try:
            secret, name = fields.digest(found["key"]), fields.text(found["name"])
        except (KeyError, ValueError):
            raise DamagedError("this is no key of an epoch", epoch.key) from None
        if subject_id(self.repository.id, name) != epoch.subject:
            raise DamagedError("this is the key of another subject", epoch.key)
        return EpochKey(secret, self.repository.id), name


@dataclass(frozen=True)
class Remembered:
    """The keys of epochs that were made on this computer.

    Attributes:
        folder: Where the state of each subject lies, by the subject's id.
    """

    folder: Path

    def open(self, epoch: Epoch) -> tuple[EpochKey, str]:
        """Look an epoch's key up."""
        name, keys = remembered(self.folder / epoch.subject)
        if epoch.label not in keys:
            raise UnopenedError("this computer does not have the epoch's key", epoch.key)
        return keys[epoch.label], name


def remembered(folder: Path) -> tuple[str, dict[str, EpochKey]]:
    """Return a subject's name, and the keys of its epochs by their labels, from its state's folder.

    What a fault of the disk made unreadable is as if it had never been there.
    """
    try:
        found = files.read_json(folder / "keys.json", {"name": "", "keys": {}})
        keys = {
            label: EpochKey(fields.digest(each["key"]), fields.text(each["repository"]))
            for label, each in found["keys"].items()
        }
        return fields.text(found["name"]), keys
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", {}


def remember(folder: Path, name: str, keys: Mapping[str, EpochKey]) -> None:
    """Keep the keys of a subject's epochs in its state's folder."""
    found = {
        label: {"key": key.secret.hex(), "repository": key.repository}
        for label, key in keys.items()
    }
    files.write_json(folder / "keys.json", {"name": name, "keys": found}, 0o600)


@dataclass(frozen=True)
class Either:
    """Keys that are tried one after the other."""

    first: Keys
    second: Keys

    def open(self, epoch: Epoch) -> tuple[EpochKey, str]:
        """Open an epoch with the first that can."""
        try:
            return self.first.open(epoch)
        except UnopenedError:
            return self.second.open(epoch)


def wrapped(epoch: Epoch, key: EpochKey, name: str, recipients: Sequence[str]) -> bytes:
    """Return an epoch's key as an age file.

    Args:
        epoch: Which.
        key: Its key.
        name: Its subject's name, for whoever can open the key.
        recipients: Public keys, ``age1...``.
    """
    import pyrage

    content = _place(epoch, key.repository) | {"name": name, "key": key.secret.hex()}
    readers = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    made: bytes = pyrage.encrypt(json.dumps(content).encode(), readers)
    return made


def _place(epoch: Epoch, repository: str) -> dict[str, Any]:
    return {
        "repository": repository,
        "kind": epoch.kind,
        "subject": epoch.subject,
        "number": epoch.number,
        "random": epoch.random,
    }


def _unwrapped(data: bytes, name: str, identities: Sequence[Identity]) -> dict[str, Any]:
    import pyrage

    try:
        content = pyrage.decrypt(data, list(identities))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            advice = "name the right one with --identity"
            raise UnopenedError("no private key here opens this backup", name, advice) from None
        raise DamagedError("the key was altered or cut", name) from None
    return read_json(content, name)
