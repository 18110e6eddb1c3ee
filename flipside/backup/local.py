"""What this computer keeps of a repository: who may read what it writes, and the state of each subject.

It lies below ``$FLIPSIDE_BACKUP_STATE``, else below ``flipside/backup`` of ``$XDG_STATE_HOME``
(``~/.local/state``), in a folder named by the repository's id. Recipients are never taken from the
repository itself: whoever can write there could add a key.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from flipside.backup.database.state import State
from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.names import subject_id
from flipside.backup.repository import Repository
from flipside.backup.storage.lease import Lease
from flipside.backup.storage.leased import Leased
from flipside.machine.files import locked, read_json, try_locked, write_json

VARIABLE = "FLIPSIDE_BACKUP_STATE"


def folder() -> Path:
    """Return the folder of all repositories."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    base = os.environ.get("XDG_STATE_HOME", "")
    return (
        Path(base) if base.startswith("/") else Path.home() / ".local/state"
    ) / "flipside/backup"


class Local:
    """This computer's side of a repository.

    Args:
        repository: The repository.
        root: The folder of all repositories; `folder` if None.
    """

    def __init__(self, repository: Repository, root: Path | None = None) -> None:
        self._storage = Leased(repository.storage)
        self.repository = replace(repository, storage=self._storage)
        self.folder = (root or folder()) / repository.id

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
        self._make()
        write_json(self.folder / "config.json", {"recipients": list(recipients)}, 0o600)

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def state(self, name: str) -> State:
        """Return the state of a subject."""
        return State(self.subject(name))

    def subject(self, name: str) -> Path:
        """Return the folder of a subject's state."""
        return self.folder / subject_id(self.repository.id, name)

    @property
    def told(self) -> Path:
        """Return the file that says how the last pass went; see `flipside.backup.report`."""
        return self.folder / "status.json"

    @contextmanager
    def alone(self, *, take_over: bool = False) -> Iterator[Lease]:
        """Be the only agent of the repository.

        Args:
            take_over: Whether another computer that writes there is known to be gone.

        Raises:
            ConflictError: If there is another, on this computer or elsewhere.
        """
        self._make()
        with try_locked(self.folder / "agent.lock") as held:
            if not held:
                what = "another agent on this computer writes to this repository"
                raise ConflictError(what, str(self.repository.storage), "let it, or end it first")
            with self._leased(take_over=take_over) as lease:
                yield lease

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Be the only one on this computer that writes to the repository; wait for who does."""
        self._make()
        with locked(self.folder / "pass.lock"):
            yield

    @contextmanager
    def writing(self, *, take_over: bool = False) -> Iterator[None]:
        """Write to the repository once, beside an agent of this computer or without one.

        Args:
            take_over: As `alone` takes it.

        Raises:
            ConflictError: If another computer's agent writes there.
        """
        self._make()
        with try_locked(self.folder / "agent.lock") as free, self.passing():
            if not free:  # the agent here has the lease
                yield
                return
            with self._leased(take_over=take_over):
                yield

    @contextmanager
    def _leased(self, *, take_over: bool) -> Iterator[Lease]:
        lease = Lease(self._storage, self._writer())
        lease.take(by_force=take_over)
        self._storage.lease = lease
        try:
            yield lease
        finally:
            self._storage.lease = None
            with suppress(BackupError):  # it lapses by itself
                lease.release()

    def _writer(self) -> str:
        """Return what this computer goes by among the writers of the repository."""
        path = self.folder / "writer.json"
        found: Any = read_json(path)
        if not found:
            found = {"writer": os.urandom(8).hex()}
            write_json(path, found, 0o600)
        return str(found["writer"])
