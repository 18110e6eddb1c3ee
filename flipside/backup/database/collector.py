"""What is not to be kept of one database goes: marked first, deleted when `retention.GRACE` is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from pathlib import Path

from flipside.backup import mark, proof
from flipside.backup.database.chain import Chain
from flipside.backup.database.chains import chains
from flipside.backup.database.prove import prove
from flipside.backup.database.thin import thin, verify
from flipside.backup.epochs import remove
from flipside.backup.keys import Keys
from flipside.backup.moment import Until
from flipside.backup.names import ALL, DATABASE, HOURLY, WHOLE, Epoch
from flipside.backup.repository import Repository
from flipside.backup.retention import DAY, Retention


@dataclass(frozen=True)
class Collector:
    """Collects what is not to be kept of one database.

    Attributes:
        repository: Where it is kept.
        subject: Its id.
        keys: What opens its epochs.
        folder: Where proofs are remembered, with room for scratch files.
        retention: What is to be kept.
        clock: Returns seconds since 1970.
    """

    repository: Repository
    subject: str
    keys: Keys
    folder: Path
    retention: Retention
    clock: Callable[[], float]

    def collect(self) -> Iterator[Epoch]:
        """Mark what is due, delete what was marked; yield the epochs that are gone for good.

        Raises:
            DamagedError: If an epoch, or the one after it, does not prove; then it stays.
            BackupError: If an object cannot be put or deleted.
        """
        yield from self._sweep()
        began = inf
        for after, chain in pairwise(self._chains()):
            # A clock that was ahead once is not to keep anything for as long.
            began = min(began, after.base.at)
            self._mark(chain, after, began)

    def _mark(self, chain: Chain, after: Chain, began: float) -> None:
        now = self.clock()
        same_day = chain.base.at // DAY == after.base.at // DAY
        heads = self.repository.heads(chain.epoch)
        due = self.retention.due(now - began, same_day=same_day)
        for line in due:
            if chain.epoch.gone(line) in heads:
                continue
            self._require_proof(after, now)
            if due == [ALL] and chain.epoch.hours not in heads:
                thin(chain, self.folder)
            if due == [ALL]:
                verify(chain, self.folder)
            mark.put(self.repository, chain.key, chain.epoch, line, now)

    def _require_proof(self, chain: Chain, now: float) -> None:
        """Prove a base, unless it or an increment upon it was proven."""
        if chain.epoch.label not in proof.proven(self.folder):
            base = Until(id=f"{chain.epoch.number}.0")
            proof.keep(self.folder, prove(chain, self.folder, now, base))

    def _sweep(self) -> Iterator[Epoch]:
        """Delete what was marked a while ago, and bases that were never finished."""
        begun = self.repository.begun(DATABASE, self.subject)
        for epoch in begun:
            for line in (ALL, HOURLY):
                if self._is_over(epoch, line):
                    self._delete(epoch.line(line))
            if self._is_over(epoch, WHOLE) or (epoch != begun[-1] and self._is_left(epoch)):
                remove(self.repository, epoch)
                yield epoch

    def _is_over(self, epoch: Epoch, line: str) -> bool:
        return mark.is_due(self.repository, self.keys, epoch, line, self.clock())

    def _is_left(self, epoch: Epoch) -> bool:
        """Return whether an epoch never counted; if others come after it, what it lacks was lost."""
        heads = self.repository.heads(epoch)
        if epoch.base in heads or epoch.gone() in heads:
            return False
        ends = (chain.base.after for chain in self._chains())
        return not any(end and end.epoch == epoch.label for end in ends)

    def _chains(self) -> Iterator[Chain]:
        return chains(self.repository, self.subject, self.keys, lenient=True)

    def _delete(self, prefix: str) -> None:
        for each in list(self.repository.storage.list(prefix)):
            self.repository.storage.delete(each.name)
