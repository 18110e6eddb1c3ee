"""The backups of a platform: its repository, and what of its apps is kept there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from flipside.backup.errors import BackupError
from flipside.backup.keys import Either, Identities, Keys, Remembered
from flipside.backup.local import Local
from flipside.backup.places import Place, Places
from flipside.backup.repository import Repository, create, exists, opened
from flipside.backup.retention import Retention
from flipside.backup.storage.location import storage_at
from flipside.errors import MachineError
from flipside.machine import users
from flipside.machine.files import read_json, write_json
from flipside.machine.layout import Layout
from flipside.secrets import identity

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

_KEEP = "flipside:backup:keep of the pillar"


@dataclass(frozen=True)
class Settings:
    """What pillar's ``backup`` says.

    Attributes:
        repository: A folder, or s3://bucket/prefix.
        every: Seconds between two passes.
        retention: What is kept how long.
    """

    repository: str
    every: float
    retention: Retention


class Backups:
    """The backups of a platform.

    Args:
        layout: Where everything lies.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    @property
    def settings(self) -> Settings:
        """Return what the states have written down.

        Raises:
            BackupError: If nothing was yet, or a value cannot be.
        """
        found = read_json(self.layout.backup_settings)
        if found is None:
            what = "this platform keeps no backups yet"
            raise BackupError(what, str(self.layout.backup_settings), "flipside platform.bootstrap")
        keep = found["keep"]
        retention = Retention.parsed([keep[name] for name in ("all", "hourly", "daily")], _KEEP)
        return Settings(found["repository"], float(found["every"]), retention)

    def local(self) -> Local:
        """Return this machine's side of the repository, which is made at the first time.

        Raises:
            BackupError: If it does not answer, or is gone, as a disk that is not mounted.
        """
        location = self.settings.repository
        return Local(self._repository(location), self.layout.backup)

    def _repository(self, location: str) -> Repository:
        noted, storage = self.layout.backup / "repositories.json", storage_at(location)
        known: dict[str, str] = read_json(noted, {})
        if location not in known:
            storage.make()
            found = opened(storage) if exists(storage) else create(storage)
            write_json(noted, {**known, location: found.id}, 0o600)
            return found
        found = opened(storage)
        if found.id != known[location]:
            what = "this is another repository than the one that was here"
            advice = f"bring that one back; if it is lost for good, delete {noted} on the machine"
            raise BackupError(what, location, advice)
        return found

    def recipients(self) -> list[str]:
        """Return the public keys that can open what is kept: those of the secrets' recipients."""
        own = [identity.public(each) for each in self._privates()]
        sent: list[str] = read_json(self.layout.readers, [])
        found = list(dict.fromkeys([*own[:1], *sent]))
        if not found:
            what = "this platform has no key, and nobody could open its backups"
            raise BackupError(what, str(self.layout.key), "flipside platform.bootstrap")
        return found

    def identities(self) -> list[Identity]:
        """Return the platform's private keys, ready to open with."""
        return [identity.parsed(each) for each in self._privates()]

    def keys(self, local: Local) -> Keys:
        """Return what opens the backups here: what the agent remembers, else the platform's keys."""
        mine = Remembered(local.folder)
        return Either(mine, Identities(local.repository, self.identities()))

    def _privates(self) -> list[str]:
        path = self.layout.key
        return identity.privates(path.read_text(), str(path)) if path.exists() else []

    def places(self, local: Local, app: str | None = None, env: str | None = None) -> Places:
        """Return what is kept: of one app and environment, or of all."""
        given = partial(self._given, app, env)
        return Places(local, given, self.recipients, self.settings.retention.increments)

    def _given(self, app: str | None, env: str | None) -> Iterator[Place]:
        for each in self.layout.environments():
            data = self.layout.data(*each)
            if each[0] != (app or each[0]) or each[1] != (env or each[1]) or not data.is_dir():
                continue
            with suppress(MachineError):  # left of an app that was destroyed: nobody writes there
                acting = partial(users.acting_as, users.existing(self.layout, each[0]))
                yield Place(name_of(*each), data, acting)


def name_of(app: str, env: str) -> str:
    """Return what an environment's data goes by in the repository."""
    return f"{app}/{env}"
