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
from flipside.backup.errors import UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.moment import Until
from flipside.backup.names import ALL, DATABASE, HOURLY, Epoch
from flipside.backup.repository import Repository
from flipside.backup.retention import DAY, GRACE, Retention


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
            heads = self.repository.heads(epoch)
            for line in (ALL, HOURLY):
                if epoch.gone(line) in heads and self._expired(epoch, line):
                    self._delete(epoch.line(line))
            gone, left = epoch.gone() in heads, epoch.base not in heads and epoch != begun[-1]
            if self._expired(epoch, mark.WHOLE) if gone else left and self._never_counted(epoch):
                self._remove(epoch)
                yield epoch

    def _never_counted(self, epoch: Epoch) -> bool:
        """Return whether no other epoch comes after one: then what it lacks was lost, not never put."""
        ends = (chain.base.after for chain in self._chains())
        return not any(end and end.epoch == epoch.label for end in ends)

    def _chains(self) -> Iterator[Chain]:
        return chains(self.repository, self.subject, self.keys, lenient=True)

    def _expired(self, epoch: Epoch, line: str) -> bool:
        """Return whether a mark's time is over; one of a time to come is taken back."""
        try:
            key, _ = self.keys.open(epoch)
        except UnopenedError:  # as of a state that was lost: it stays
            return False
        at, now = mark.read(self.repository, key, epoch, line), self.clock()
        if at > now + DAY:
            self.repository.storage.delete(epoch.gone(line))
        return now - at > GRACE

    def _remove(self, epoch: Epoch) -> None:
        """Delete an epoch; its mark last, and its key before that: cut short, it is gone on with."""
        last = (epoch.key, epoch.gone())
        self._delete(epoch.prefix, keep=last)
        for name in last:
            self.repository.storage.delete(name)

    def _delete(self, prefix: str, keep: tuple[str, ...] = ()) -> None:
        for each in list(self.repository.storage.list(prefix)):
            if each.name not in keep:
                self.repository.storage.delete(each.name)
