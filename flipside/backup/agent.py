"""The agent: every database it is given, brought up to date at each pass."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flipside.backup.errors import BackupError
from flipside.backup.local import Local
from flipside.backup.source import Source
from flipside.backup.writer import Stored, Writer
from flipside.errors import FlipsideError


@dataclass(frozen=True)
class Outcome:
    """What a pass did for one database.

    Attributes:
        name: The database's.
        stored: What was put; None if nothing had changed, or it failed.
        error: Why it failed.
    """

    name: str
    stored: Stored | None = None
    error: FlipsideError | None = None


def name_of(path: Path) -> str:
    """Return what a database goes by in a repository: its absolute path, links not followed."""
    return str(path.expanduser().absolute())


class Agent:
    """Keeps databases in a repository.

    Args:
        local: This computer's side of it.
        paths: The databases.
    """

    def __init__(self, local: Local, paths: Iterable[Path]) -> None:
        recipients = local.recipients
        self._writers = [
            Writer(local.repository, name, Source(path), local.state(name), recipients)
            for path in paths
            for name in [name_of(path)]
        ]

    def once(self) -> Iterator[Outcome]:
        """Make one pass; one that fails does not keep the others."""
        for writer in self._writers:
            try:
                yield Outcome(writer.name, writer.once())
            except FlipsideError as error:
                yield Outcome(writer.name, error=error)
            except OSError as error:
                what = f"{error.strerror or error}"
                yield Outcome(writer.name, error=BackupError(what, error.filename))

    def watch(
        self, every: float, say: Callable[[Outcome], None], wait: Callable[[float], None] = time.sleep
    ) -> None:
        """Make passes until interrupted, ``every`` so many seconds."""
        while True:
            begun = time.monotonic()
            for outcome in self.once():
                say(outcome)
            wait(max(0.0, every - (time.monotonic() - begun)))
