"""One writer per repository at a time, across computers.

A lease is a courtesy: it keeps two agents from working against each other. Nothing hangs on it,
since clocks differ and a computer may sleep through its lease: objects are put once, and each
increment is bound by its hash to the one before, so that two who write at once cannot mix.
"""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from flipside.backup import when
from flipside.backup.errors import ConflictError
from flipside.backup.fields import LATEST
from flipside.backup.storage.protocol import TRIES, Storage

NAME = "writer.json"
TTL = 600.0
"""Seconds that a lease lasts unless it is renewed."""
_NEVER = -math.inf
"""In the year 5138: what is behind is no time that a clock would show."""


class Held(NamedTuple):
    """A lease as it is stored, as JSON.

    Attributes:
        writer: Whose it is.
        host: What its computer is called.
        until: When it lapses, seconds since 1970; 0 once it was released.
    """

    writer: str
    host: str
    until: float


class Lease:
    """A writer's lease of a repository.

    Args:
        storage: Where the repository lies.
        writer: What tells this computer from others: random hex, kept with its state.
        clock: Returns seconds since 1970.
    """

    def __init__(
        self, storage: Storage, writer: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._storage, self._writer, self._clock = storage, writer, clock
        self._taken = _NEVER

    def take(self, *, by_force: bool = False) -> None:
        """Become the writer; at once if this computer was it before, as after its agent was killed.

        Args:
            by_force: Whether another's lease that has not lapsed is taken, too. That agent finds out
                when it renews.

        Raises:
            ConflictError: If another computer holds a lease that has not lapsed.
            BackupError: If the storage does not answer; then it is not taken.
        """
        self._hold(lambda held: held.until > self._clock() and not by_force)

    def renew(self) -> None:
        """Keep the lease, once a third of its time has passed; to be called before each object.

        Raises:
            ConflictError: If another computer took it meanwhile, or it was never taken.
            BackupError: If the storage does not answer; it can be renewed later.
        """
        if not 0 <= self._clock() - self._taken < TTL / 3:
            self._hold(lambda _: True)

    def release(self) -> None:
        """Let others write at once, if the lease is still held. Raises BackupError as `renew`."""
        if self._taken == _NEVER:
            return
        self._taken = _NEVER
        found = self._storage.get(NAME)
        held = _read(found)
        if held and held.writer == self._writer:
            self._storage.swap(NAME, found, self._packed(0))

    def _hold(self, refused: Callable[[Held], bool]) -> None:
        for _ in range(TRIES):
            now, found = self._clock(), self._storage.get(NAME)
            held = _read(found)
            if held and held.writer != self._writer and refused(held):
                self._taken = _NEVER
                raise self._conflict(held)
            if self._storage.swap(NAME, found, self._packed(now + TTL)):
                self._taken = now
                return
        raise ConflictError("others take the repository at the same time", self._where)

    def _conflict(self, held: Held) -> ConflictError:
        if held.until <= self._clock():
            what = f"the computer {held.host!r} has written to this repository meanwhile"
            return ConflictError(what, self._where, "end the agent there, then start this one anew")
        what = f"the computer {held.host!r} writes to this repository"
        until = f"its lease lapses at {when.show(held.until)}"
        advice = "end the agent there, or wait; if that computer is gone for good: --take-over"
        return ConflictError(f"{what}; {until}", self._where, advice)

    def _packed(self, until: float) -> bytes:
        held = Held(self._writer, socket.gethostname(), until)
        return json.dumps(held._asdict()).encode() + b"\n"

    @property
    def _where(self) -> str:
        return f"{self._storage}/{NAME}"


def _read(data: bytes | None) -> Held | None:
    """Return a lease; None if there is none, or what keeps nobody from writing: no lease at all."""
    try:
        found = json.loads(data or b"")
        held = Held(str(found["writer"]), str(found["host"]), float(found["until"]))
    except (ValueError, KeyError, TypeError):
        return None
    return held if 0 <= held.until <= LATEST else None
