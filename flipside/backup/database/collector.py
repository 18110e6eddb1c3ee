"""What is not to be kept of one database goes: marked first, deleted when `retention.GRACE` is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from flipside.backup import proof
from flipside.backup.database.base import Parts
from flipside.backup.database.chain import Chain
from flipside.backup.database.prove import prove
from flipside.backup.database.thin import thin, verify
from flipside.backup.errors import UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.moment import Until
from flipside.backup.names import ALL, DATABASE, HOURLY, Epoch
from flipside.backup.packing import pack_json, read_json
from flipside.backup.repository import Repository
from flipside.backup.retention import DAY, GRACE, WHOLE, Retention
from flipside.backup.sealing import FIRST, GONE


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
        with suppress(UnopenedError):
            yield from self._sweep()
        usable = sorted(self.repository.epochs(DATABASE, self.subject))
        for epoch, successor in pairwise(usable):
            with suppress(UnopenedError):  # as those of a state that was lost: they stay
                after = Chain(self.repository, successor, self.keys)
                self._mark(Chain(self.repository, epoch, self.keys, after.base.after), after)

    def _mark(self, chain: Chain, after: Chain) -> None:
        now = self.clock()
        same_day = chain.base.at // DAY == after.base.at // DAY
        heads = self.repository.heads(chain.epoch)
        due = self.retention.due(now - after.base.at, same_day=same_day)
        for line in due:
            if chain.epoch.gone(line) in heads:
                continue
            self._require_proof(after, now)
            if due == [ALL] and chain.epoch.hours not in heads:
                thin(chain, self.folder)
            if due == [ALL]:
                verify(chain, self.folder)
            parts = Parts(self.repository, chain.epoch, chain.key)
            parts.put(GONE, chain.epoch.gone(line), pack_json({"at": now}))

    def _require_proof(self, chain: Chain, now: float) -> None:
        """Prove a base, unless it or an increment upon it was proven."""
        if chain.epoch.label not in proof.proven(self.folder):
            base = Until(id=f"{chain.epoch.number}.0")
            proof.keep(self.folder, prove(chain, self.folder, now, base))

    def _sweep(self) -> Iterator[Epoch]:
        """Delete what was marked a while ago, and bases that were never finished."""
        begun, finished = self.repository.begun(DATABASE, self.subject), self._finished()
        for epoch in begun:
            heads = self.repository.heads(epoch)
            for line in (ALL, HOURLY):
                if epoch.gone(line) in heads and self._expired(epoch, line):
                    self._delete(epoch.line(line))
            gone = epoch.gone() in heads
            left = epoch.base not in heads and epoch != begun[-1] and epoch.label not in finished
            if self._expired(epoch, WHOLE) if gone else left:
                self._remove(epoch)
                yield epoch

    def _finished(self) -> set[str]:
        """Return the labels of epochs that others come after: without a base they are damaged."""
        usable = self.repository.epochs(DATABASE, self.subject)
        ends = (Chain(self.repository, epoch, self.keys).base.after for epoch in usable)
        return {end.epoch for end in ends if end}

    def _expired(self, epoch: Epoch, line: str) -> bool:
        key, _ = self.keys.open(epoch)
        name = epoch.gone(line)
        found = read_json(key.open(GONE, name, FIRST, self.repository.require(name)), name)
        return self.clock() - float(found["at"]) > GRACE

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
