"""The agent's day: a pass every few seconds, and every hour what is not to be kept goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from flipside.backup import report
from flipside.backup.agent import Agent, Kept, attempt, guarded
from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.local import Local
from flipside.backup.outcome import Outcome
from flipside.backup.places import Places
from flipside.backup.retention import Retention
from flipside.errors import FlipsideError

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

    from flipside.backup.storage.lease import Lease

Say = Callable[[Outcome], None]
HOUR = 3600.0


class Watch:
    """Keeps places in a repository.

    Args:
        local: This computer's side of it.
        places: What is kept.
        retention: How long.
        identities: Private keys, for epochs that this computer has lost the keys of.
        say: Told what was put and what failed, each failure once.
    """

    def __init__(
        self,
        local: Local,
        places: Places,
        retention: Retention,
        identities: Sequence[Identity],
        say: Say,
    ) -> None:
        self._local, self._places, self._retention = local, places, retention
        self._identities, self._say = identities, say
        self._failing: dict[str, str] = {}
        self._collected = time.monotonic()
        self._out: str | None = None

    def run(self, lease: Lease, every: float) -> None:
        """Make passes until interrupted.

        Args:
            lease: This computer's; kept from lapsing.
            every: Seconds between two passes.

        Raises:
            ConflictError: If another computer took the repository over.
        """
        agent = Agent(every)
        while True:
            begun = time.monotonic()
            self._renew(lease)
            with self._local.passing():
                looks = self._places.looks
                outcomes = self._pass(agent)
                self._tell(outcomes)
                if self._places.looks > looks:  # else another process may know of newer ones
                    self._write(partial(report.settle, self._local, self._known(), time.time()))
                if any(one.error for one in outcomes):
                    self._places.doubt()
                if begun - self._collected >= HOUR:
                    self._collected = begun
                    self._tell(self.collect())
            time.sleep(max(0.0, every - (time.monotonic() - begun)))

    def _pass(self, agent: Agent) -> list[Outcome]:
        try:
            return list(agent.once(self._places.subjects()))
        except FlipsideError as error:  # as when there is no key yet that any of it could be for
            return [Outcome(str(self._local.repository.storage), error=error)]

    def once(self) -> list[Outcome]:
        """Make one pass over everything, within `Local.writing`."""
        outcomes = [attempt(kept) for kept in self._places.all()]
        self._tell(outcomes)
        return outcomes

    def collect(self) -> list[Outcome]:
        """Let go of what is not to be kept, within `Local.passing`; return what failed."""
        try:
            every = self._places.all()
        except FlipsideError as error:
            return [Outcome(str(self._local.repository.storage), error=error)]
        outcomes = [guarded(kept.name, partial(self._collect, kept)) for kept in every]
        return [one for one in outcomes if one.error]

    def _collect(self, kept: Kept) -> None:
        kept.collect(self._retention, self._identities)
        report.count(self._local, kept.name, kept.kind)

    def _renew(self, lease: Lease) -> None:
        name = str(self._local.repository.storage)
        try:
            lease.renew()
        except ConflictError:
            raise
        except BackupError as error:
            self._out = name
            self._tell([Outcome(name, error=error)])
        else:
            self._out = None

    def _known(self) -> set[str]:
        """Return the names of what there is, and of the repository while it does not answer."""
        found = {kept.name for kept in self._places.known()}
        return found | {self._out} if self._out else found

    def _write(self, do: Callable[[], None]) -> None:
        """Write to the state of this computer; what cannot be written there is said in the log alone."""
        outcome = guarded(str(self._local.told), do)
        if outcome.error:
            self._say(outcome)

    def _tell(self, outcomes: Iterable[Outcome]) -> None:
        told = list(outcomes)
        self._write(partial(report.note, self._local, told, time.time()))
        for one in told:
            error = one.error.what if one.error else ""
            if one.stored or error != self._failing.get(one.name, ""):
                self._say(one)
            self._failing[one.name] = error
