"""Epochs of a folder's files that go whole: marked once a newer one was proven, deleted a day later."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from flipside.backup import mark, proof
from flipside.backup.epochs import remove
from flipside.backup.keys import Keys
from flipside.backup.media import objects
from flipside.backup.media.shelf import Shelf
from flipside.backup.media.verifying import prove
from flipside.backup.names import FILES, WHOLE, Epoch
from flipside.backup.proof import Proof
from flipside.backup.repository import Repository


@dataclass(frozen=True)
class Epochs:
    """The epochs of one folder's files.

    Attributes:
        repository: Where they are kept.
        subject: The folder's id.
        keys: What opens them; those that it does not open stay.
        folder: Where proofs are remembered.
        clock: Returns seconds since 1970.
    """

    repository: Repository
    subject: str
    keys: Keys
    folder: Path
    clock: Callable[[], float]

    def mark(self, shelf: Shelf, newest: Shelf) -> None:
        """Mark a whole epoch, the newest moment of all having been proven since that one's began.

        Raises:
            DamagedError: If that cannot be read.
            BackupError: If the mark cannot be put.
        """
        now, known = self.clock(), proof.last(self.folder)
        if known is None or known.epoch < newest.epoch.label:
            last = newest.manifest(newest.kept()[-1])
            prove(newest, [last])
            moment = newest.moment(last, 0)
            proof.keep(self.folder, Proof(newest.epoch.label, moment.id, moment.at, now))
        mark.put(self.repository, shelf.key, shelf.epoch, WHOLE, now)

    def sweep(self) -> Iterator[Epoch]:
        """Delete epochs that were marked a while ago, and such as never came to a manifest; yield them.

        Raises:
            DamagedError: If what says since when one is to go was altered.
            BackupError: If an object cannot be deleted.
        """
        begun = self.repository.begun(FILES, self.subject)
        for epoch in begun:
            over = mark.is_due(self.repository, self.keys, epoch, WHOLE, self.clock())
            if over or self._is_empty(epoch, begun):
                remove(self.repository, epoch)
                yield epoch

    def _is_empty(self, epoch: Epoch, begun: Sequence[Epoch]) -> bool:
        listed = self.repository.storage.list(objects.manifests(epoch))
        return epoch != begun[-1] and not any(listed)
