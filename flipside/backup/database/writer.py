"""One database kept in a repository: at each pass what changed, as increments or as a new base."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.backup.database import delta, image
from flipside.backup.database.base import Parts, put_base
from flipside.backup.database.collector import Collector
from flipside.backup.database.content import End
from flipside.backup.database.damage import refuse_taken
from flipside.backup.database.image import Roots, Shape
from flipside.backup.database.source import Look, Source
from flipside.backup.database.state import Stamp, State
from flipside.backup.database.steps import Change, Mark
from flipside.backup.database.tip import Tip
from flipside.backup.errors import ConflictError, DamagedError
from flipside.backup.keys import Either, Identities, Remembered, remember, remembered
from flipside.backup.names import DATABASE, subject_id
from flipside.backup.outcome import Stored
from flipside.backup.repository import Repository
from flipside.backup.retention import DAY, Retention
from flipside.backup.sealing import EpochKey
from flipside.backup.when import SKEW

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

# Seconds after which SQLite looks at an image again: damage is not to be kept for long unseen.
LOOK = 3600.0
# Pages that never make a new base, however small the database is.
FEW = 2048


class Writer:
    """What keeps one database.

    Args:
        repository: Where it is kept.
        name: What it goes by.
        source: The database.
        state: What is remembered of it.
        recipients: Who can open it.
        clock: Returns seconds since 1970.
        base_every: Seconds between two bases.
    """

    kind = DATABASE

    def __init__(  # noqa: PLR0913, PLR0917 - all that it works with
        self,
        repository: Repository,
        name: str,
        source: Source,
        state: State,
        recipients: Sequence[str],
        clock: Callable[[], float] = time.time,
        base_every: float = DAY,
    ) -> None:
        self.name, self.source, self.state = name, source, state
        self._repository, self.recipients, self._clock = repository, tuple(recipients), clock
        self._base_every = base_every
        self._tip: Tip | None = None
        self._stamp: Stamp | None = None
        self._doubted = True

    def once(self, look: Look | None = None) -> Stored | None:
        """Bring the repository up to date; return what was put, None if nothing had changed.

        Args:
            look: Looks at the database in the very transaction that is kept.

        Raises:
            BackupError: If the database cannot be read or an object not be put. What was put stays, and
                the next pass goes on from there.
            DamagedError: If the database is damaged; nothing of it was put.
        """
        try:
            self._resume()
            return self._pass(look)
        except ConflictError:
            # Not our chain any more, as when a machine was set back to a snapshot of itself.
            self._give_up()
            self._doubted = True
            return self._pass(look)
        except BaseException:
            self._doubted = True
            raise
        finally:
            self._stamp = self.state.stamp()

    def collect(self, retention: Retention, identities: Sequence[Identity]) -> None:
        """Let go of what is not to be kept.

        Args:
            retention: What is.
            identities: Private keys, for epochs whose keys are not remembered here.

        Raises:
            DamagedError: If an epoch does not prove; then it, and the one before it, stay.
            BackupError: If an object cannot be put or deleted.
        """
        mine = Remembered(self.state.folder.parent)
        keys = Either(mine, Identities(self._repository, identities))
        subject, folder = subject_id(self._repository.id, self.name), self.state.folder
        collector = Collector(self._repository, subject, keys, folder, retention, self._clock)
        self._doubted = (
            True  # by the hour: another may have begun an epoch, or the shadow be damaged
        )
        for epoch in collector.collect():
            self._remember({label: k for label, k in self._keys().items() if label != epoch.label})

    def _keys(self) -> dict[str, EpochKey]:
        return remembered(self.state.folder)[1]

    def _remember(self, keys: dict[str, EpochKey]) -> None:
        remember(self.state.folder, self.name, keys)

    @property
    def moment(self) -> str | None:
        """The id of the last moment, as ``3.17``; None before the first."""
        tip = self._tip
        return f"{tip.epoch.number}.{tip.point.number}" if tip else None

    def _pass(self, look: Look | None) -> Stored | None:
        if not look and not self.source.changed():
            return None
        taken = self.state.folder / "taken"
        try:
            shape = self.source.take(taken, look)
            return self._store(taken, shape)
        except BaseException:
            self.source.forget()
            raise
        finally:
            taken.unlink(missing_ok=True)

    def _store(self, taken: Path, shape: Shape) -> Stored | None:
        tip = self._tip
        if tip is None or tip.point.shape.page_size != shape.page_size:
            return self._base(taken, shape)
        with self.state.image.open("rb") as old, taken.open("rb") as new:
            numbers = list(image.changed(old, new, shape.page_size))
        if not numbers and shape == tip.point.shape and not tip.point.partial:
            return None
        if self._outgrown(tip, shape, len(numbers)):
            return self._base(taken, shape)
        tip = self._looked_at(tip, taken)
        return self._increments(tip, taken, shape, numbers)

    def _outgrown(self, tip: Tip, shape: Shape, pages: int) -> bool:
        """Return whether a new base is due, or takes no more than increments would."""
        # Behind what was put: the clock was ahead, and times are to be right again.
        ahead = tip.point.at - self._clock() > SKEW
        old = ahead or self._clock() - tip.begun >= self._base_every
        return old or tip.recipients != self.recipients or pages > max(FEW, shape.pages // 2)

    def _looked_at(self, tip: Tip, taken: Path) -> Tip:
        """Let SQLite look at an image now and then. Raises DamagedError if it finds anything."""
        now = self._clock()
        if 0 <= now - tip.checked < LOOK:
            return tip
        refuse_taken(taken, self.name)
        return replace(tip, checked=now)

    def _increments(self, tip: Tip, taken: Path, shape: Shape, numbers: list[int]) -> Stored:
        at, size = self._now(), 0
        before, roots = Mark(tip.point.shape, tip.point.root), Roots(tip.key.derive(b"root"))
        with self.state.image.open("rb") as old, taken.open("rb") as new:
            read = delta.reader(new, shape.page_size)
            change = Change(roots, delta.reader(old, shape.page_size), read)
            for step in change.steps(before, shape, numbers):
                data, point = tip.sealed(step, at)
                self.state.begin(data, point, ((each, read(each)) for each in step.numbers))
                tip = self._finish(tip)
                size += len(data)
        return Stored("increment", size, len(numbers), at)

    def _finish(self, tip: Tip) -> Tip:
        """Put the increment that was noted, if there is one, and take it over."""
        begun = self.state.begun()
        if begun is None:
            return tip
        data, point, pages = begun
        self._repository.storage.put(tip.epoch.increment(point.number), data)
        self._tip = tip.at(point)
        self.state.finish(self._tip, pages)
        return self._tip

    def _base(self, taken: Path, shape: Shape) -> Stored:
        refuse_taken(taken, self.name)
        subject, old = subject_id(self._repository.id, self.name), self._tip
        epoch, key = self._repository.new_epoch(DATABASE, subject, self.name, self.recipients)
        self._remember({**self._keys(), epoch.label: key})
        at = self._now() if old and old.point.at - self._clock() <= SKEW else self._clock()
        after = End(old.epoch.label, old.point.number, old.point.digest) if old else None
        parts = Parts(self._repository, epoch, key)
        point, size = put_base(parts, taken, self.name, shape, at, after)
        self.state.pending.unlink(missing_ok=True)
        self.state.adopt(taken)
        self._tip = Tip(epoch, key, at, self.recipients, self._clock(), point)
        self.state.keep(self._tip)
        return Stored("base", size, shape.pages, at)

    def _resume(self) -> None:
        """Go on where the last pass ended, be it another process's, or one that failed or was killed."""
        if self.state.stamp() != self._stamp:
            self._tip = self.state.tip()
        if self._tip and self._doubted and not self._is_newest(self._tip):
            self._give_up()
        try:
            self._tip = self._tip and self._finish(self._tip)
        except DamagedError:
            self._give_up()
        if self._tip and self._doubted and not self.state.whole(self._tip):
            self._give_up()
        self._doubted = False

    def _is_newest(self, tip: Tip) -> bool:
        """Return whether what is put upon the chain is what a restore of the latest takes."""
        if tip.key.repository != self._repository.id:
            return False
        begun = self._repository.begun(DATABASE, tip.epoch.subject)
        heads = self._repository.heads(tip.epoch)
        return (
            begun[-1:] == [tip.epoch] and tip.epoch.base in heads and tip.epoch.gone() not in heads
        )

    def _give_up(self) -> None:
        self.state.pending.unlink(missing_ok=True)
        self._tip = None
        self.source.forget()

    def _now(self) -> float:
        """Return the time; never before what was put last, though the clock may go back."""
        return max(self._clock(), self._tip.point.at + 1e-3 if self._tip else 0.0)
