"""The agent: all that it is given, brought up to date at each pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from flipside.backup.errors import BackupError
from flipside.backup.outcome import Outcome, Stored
from flipside.backup.retention import Retention
from flipside.errors import FlipsideError

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

# Seconds until what failed is tried again: twice as many each time, at most.
PATIENCE = 300.0


class Kept(Protocol):
    """What keeps a subject: `flipside.backup.database.writer.Writer`, or that of a folder's other files.

    Attributes:
        name: The subject's name.
        kind: `names.DATABASE` or `names.FILES`.
        recipients: Who can open what is put from now on.
    """

    name: str
    kind: str
    recipients: tuple[str, ...]

    def once(self) -> Stored | None:
        """Bring the repository up to date; return what was put."""
        ...

    def collect(self, retention: Retention, identities: Sequence[Identity]) -> None:
        """Let go of what is not to be kept.

        Args:
            retention: What is.
            identities: Private keys, for epochs whose keys are not remembered here.
        """
        ...


@dataclass
class _Turn:
    """When a subject is looked at again."""

    at: float = 0.0
    failed: int = 0


@dataclass
class Agent:
    """Keeps subjects in a repository.

    Attributes:
        every: Seconds between two passes.
        clock: Returns seconds, for pacing.
    """

    every: float = 10.0
    clock: Callable[[], float] = time.monotonic
    _turns: dict[str, _Turn] = field(default_factory=dict)

    def once(self, subjects: Iterable[Kept]) -> Iterator[Outcome]:
        """Make one pass; one that fails does not keep the others, and waits longer each time."""
        for kept in subjects:
            turn = self._turns.setdefault(kept.name, _Turn())
            if self.clock() < turn.at:
                continue
            outcome = attempt(kept)
            turn.failed = turn.failed + 1 if outcome.error else 0
            pause = min(PATIENCE, self.every * 2**turn.failed) if turn.failed > 1 else 0.0
            turn.at = self.clock() + pause
            yield outcome


def attempt(kept: Kept) -> Outcome:
    """Make one pass over one subject, whatever becomes of it."""
    return guarded(kept.name, kept.once)


def guarded(name: str, do: Callable[[], Stored | None] | Callable[[], None]) -> Outcome:
    """Do something for a subject; return what became of it."""
    try:
        return Outcome(name, do())
    except FlipsideError as error:
        return Outcome(name, error=error)
    except OSError as error:
        advice = "make room, or see to the disk; it is tried again by itself"
        found = BackupError(error.strerror or str(error), error.filename, advice)
        return Outcome(name, error=found)
