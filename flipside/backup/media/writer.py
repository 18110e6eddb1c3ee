"""A folder's files kept in a repository: at each pass what is new of them, then a list of all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.found import Found, Problem
from flipside.backup.keys import Either, Identities, Remembered
from flipside.backup.media.collect import Collector
from flipside.backup.media.entry import Entry, pieces
from flipside.backup.media.gather import Gather
from flipside.backup.media.line import Line, put
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.resume import resumed
from flipside.backup.media.state import State
from flipside.backup.media.take import Taken
from flipside.backup.names import FILES, subject_id
from flipside.backup.outcome import Stored
from flipside.backup.repository import Repository
from flipside.backup.retention import Retention
from flipside.backup.scan import Scan
from flipside.backup.when import SKEW

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

TRIES = 3
"""How often a pass begins anew that was crossed by another writer's, or by a collection."""


class FilesWriter:
    """What keeps a folder's files.

    Args:
        repository: Where they are kept.
        name: What the folder goes by.
        scan: Looks at it.
        state_folder: Where it is remembered what was kept, called by the subject's id, among those of
            other subjects.
        recipients: Who can open what is put.
        clock: Returns seconds since 1970.
        most: Bytes of files never read before that a pass reads, about; None for all. One that is cut
            short makes no moment, and the next goes on.

    Attributes:
        problems: What the last pass could not keep as it is; what was kept of it before stays.
        unfinished: Whether the last pass was cut short.
    """

    kind = FILES

    def __init__(  # noqa: PLR0913, PLR0917 - all that it works with
        self,
        repository: Repository,
        name: str,
        scan: Scan,
        state_folder: Path,
        recipients: Sequence[str],
        clock: Callable[[], float] = time.time,
        most: int | None = None,
    ) -> None:
        self.name, self.scan, self.recipients = name, scan, tuple(recipients)
        self.problems: tuple[Problem, ...] = ()
        self.unfinished = False
        self._most = math.inf if most is None else most
        self._repository, self._clock = repository, clock
        self._state = State(state_folder)
        self._line: Line | None = None
        self._stamp: tuple[int, int] | None = None

    @property
    def moment(self) -> str | None:
        """The id of the last moment, as ``3.17``; None before the first."""
        tip = self._state.tip()
        return f"{tip.epoch.number}.{tip.put}" if tip and tip.put else None

    def once(self) -> Stored | None:
        """Bring the repository up to date; return what was put, None if nothing had changed.

        Raises:
            BackupError: If the folder cannot be read or an object not be put. What was put stays, and
                the next pass goes on from there.
        """
        found = self.scan.look()
        self.unfinished = False
        for _ in range(TRIES):
            try:
                return self._pass(self._ready(), found)
            except ConflictError:
                self._line = None
            except BaseException:
                self._line = None
                raise
            finally:
                self._stamp = self._state.stamp()
        what = "others put lists of the same files at the same time"
        raise ConflictError(what, self.name, "let one computer alone keep them")

    def collect(self, retention: Retention, identities: Sequence[Identity]) -> None:
        """Let go of what is not to be kept.

        Args:
            retention: What is.
            identities: Private keys, for epochs whose keys are not remembered here.

        Raises:
            DamagedError: If what is to be kept cannot be read; then everything stays.
            BackupError: If an object cannot be put or deleted.
        """
        folder, subject = self._state.folder, subject_id(self._repository.id, self.name)
        keys = Either(Remembered(folder.parent), Identities(self._repository, identities))
        # What was put by a pass that was cut short is there for the next one.
        held = frozenset(name for taken in self._index() for name in taken.entry.chunks)
        words = self._repository, subject, keys, folder, retention, self._clock
        for epoch in Collector(*words, held).collect():
            left = {label: key for label, key in self._state.keys().items() if label != epoch.label}
            self._state.keep_keys(self.name, left)

    def _index(self) -> Collection[Taken]:
        tip = self._state.tip()
        if self._line:
            return self._line.index.values()
        return self._state.index(tip.epoch).values() if tip else ()

    def _ready(self) -> Line:
        """Return where to go on; another process may have put a manifest since."""
        line = self._line
        same = (
            line and line.tip.recipients == self.recipients and self._stamp == self._state.stamp()
        )
        if not line or not same or line.tip.at - self._clock() > SKEW:
            line = resumed(self._repository, self.name, self._state, self.recipients, self._clock)
            self._line = line
        return line

    def _pass(self, line: Line, found: Found) -> Stored | None:
        for _ in range(TRIES):
            entries = self._gathered(line, found)
            if self.unfinished:
                self._save(line)
                return Stored("files", line.untold(), 0, line.after(self._clock()))
            if line.lists(entries):
                self._save(line)
                return None
            listed = [line.stock.of(piece) for piece in pieces(entries)]
            line.stock.add(listed)
            names = tuple(each.name for each in listed)
            line.stock.look()
            if all(map(line.stock.has, names)) and all(map(line.has, entries)):
                return self._commit(line, entries, names)
        raise BackupError("what is put is deleted again", self.name, "let one agent alone collect")

    def _commit(self, line: Line, entries: Sequence[Entry], names: tuple[str, ...]) -> Stored:
        at, size, changed = line.after(self._clock()), line.untold(), line.differ(entries)
        manifest = Manifest(self.name, line.tip.begun + 1, at, line.stock.put, names)
        size += put(line, self._state, manifest)
        line.adopt(manifest, entries)
        line.problems.clear()
        line.index = {path: line.index[path] for path in line.former if path in line.index}
        line.unsaved = True
        self._save(line)
        return Stored("files", size, changed, at)

    def _gathered(self, line: Line, found: Found) -> list[Entry]:
        gather = Gather(self.scan, line, self._most, self._save)
        entries = gather.entries(found)
        self.problems = (*line.problems, *gather.problems)
        self.unfinished = gather.unfinished
        return entries

    def _save(self, line: Line) -> None:
        if line.unsaved:
            self._state.keep_index(line.tip.epoch, line.index)
            line.unsaved = False
