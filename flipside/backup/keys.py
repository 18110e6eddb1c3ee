"""Who opens epochs: whoever has a private key, or the agent, which keeps the keys that it made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.names import Epoch
from flipside.backup.repository import Repository
from flipside.backup.sealing import EpochKey

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
        place: dict[str, Any] = {"repository": self.repository.id, "kind": epoch.kind, "subject": epoch.subject}
        place |= {"number": epoch.number, "random": epoch.random}
        if {name: found.get(name) for name in place} != place:
            raise DamagedError("this is the key of another epoch", epoch.key)
        return EpochKey(bytes.fromhex(found["key"]), self.repository.id), str(found["name"])


@dataclass(frozen=True)
class Kept:
    """The keys of one subject's epochs as the agent that made them remembers them.

    Attributes:
        name: The subject's name.
        keys: By the epoch's label.
    """

    name: str
    keys: Mapping[str, EpochKey]

    def open(self, epoch: Epoch) -> tuple[EpochKey, str]:
        """Look an epoch's key up."""
        try:
            return self.keys[epoch.label], self.name
        except KeyError:
            raise UnopenedError("this computer does not have the epoch's key", epoch.key) from None


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

    content = {
        "repository": key.repository,
        "kind": epoch.kind,
        "subject": epoch.subject,
        "number": epoch.number,
        "random": epoch.random,
        "name": name,
        "key": key.secret.hex(),
    }
    readers = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    made: bytes = pyrage.encrypt(json.dumps(content).encode(), readers)
    return made


def _unwrapped(data: bytes, name: str, identities: Sequence[Identity]) -> dict[str, Any]:
    import pyrage

    try:
        found: dict[str, Any] = json.loads(pyrage.decrypt(data, list(identities)))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            advice = "name the right one with --identity"
            raise UnopenedError("no private key here opens this backup", name, advice) from None
        raise DamagedError("the key was altered or cut", name) from None
    except ValueError:
        raise DamagedError("this is no key of an epoch", name) from None
    return found
