"""What this computer keeps of a repository: who may read what it writes, and the state of each database.

It lies below ``$FLIPSIDE_BACKUP_STATE``, else below ``flipside/backup`` of ``$XDG_STATE_HOME``
(``~/.local/state``), in a folder named by the repository's id. Recipients are never taken from the
repository itself: whoever can write there could add a key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.names import database_id
from flipside.backup.repository import Repository
from flipside.backup.state import State
from flipside.machine.files import read_json, try_locked, write_json

VARIABLE = "FLIPSIDE_BACKUP_STATE"


def folder() -> Path:
    """Return the folder of all repositories."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local/state") / "flipside/backup"


class Local:
    """This computer's side of a repository."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.folder = folder() / repository.id

    @property
    def recipients(self) -> list[str]:
        """Return the public keys that may read what is written from here.

        Raises:
            BackupError: If none was ever named here.
        """
        found = read_json(self.folder / "config.json")
        if not found:
            where = str(self.repository.storage)
            advice = f"flipside-backup init {where} --recipient age1..."
            raise BackupError("this computer was not told who may read the backups", where, advice)
        return list(found["recipients"])

    def keep(self, recipients: Sequence[str]) -> None:
        """Remember who may read what is written from here."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_json(self.folder / "config.json", {"recipients": list(recipients)}, 0o600)

    def state(self, name: str) -> State:
        """Return the state of a database."""
        return State(self.folder / database_id(self.repository.id, name))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only one on this computer that writes to the repository.

        Raises:
            ConflictError: If there is another.
        """
        with try_locked(self.folder / "lock") as held:
            if not held:
                what = "another agent on this computer writes to this repository"
                raise ConflictError(what, str(self.repository.storage), "let it, or end it first")
            yield
