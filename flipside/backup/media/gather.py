"""What a folder's next manifest is to list; whatever is new in its files is put on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import accumulate

from flipside.backup.found import FILE, FOLDER, LINK, Found, Looked, Problem
from flipside.backup.media.entry import Entry, in_order
from flipside.backup.media.line import Line
from flipside.backup.media.take import TORN, Taker
from flipside.backup.scan import Scan

KEEP = 1 << 30
"""Bytes that are read until it is remembered what was: a first pass that is cut goes on from there."""


class Gather:
    """Gathers what is in a folder.

    Args:
        scan: Opens files there.
        line: What is known of them, and where they go.
        most: Bytes of files never read before that are read at a time, about.
        save: Remembers what was read.

    Attributes:
        problems: What could not be kept as it is.
        unfinished: Whether some files were not read yet.
    """

    def __init__(self, scan: Scan, line: Line, most: float, save: Callable[[Line], None]) -> None:
        self.problems: list[Problem] = []
        self.unfinished = False
        self._scan, self._line, self._most, self._save = scan, line, most, save

    def entries(self, found: Found) -> list[Entry]:
        """Return what a manifest is to list, all contents of it being there, unless it is `unfinished`.

        Args:
            found: What is in the folder.

        Raises:
            BackupError: If a content cannot be put.
        """
        line, entries = self._line, {}
        wanted: list[Looked] = []
        for looked in found.files:
            known = line.index.get(looked.path)
            if looked.type != FILE:
                entries[looked.path] = _unread(looked)
            elif known and known.signature == looked.signature and line.has(known.entry):
                entries[looked.path] = known.entry
            else:
                wanted.append(looked)
        taken = list(self._take(self._due(wanted)))
        entries |= {entry.path: entry for entry in taken}
        self.problems += found.problems
        for entry in _beneath(line.former, {problem.path for problem in self.problems}):
            if line.has(entry):
                entries.setdefault(entry.path, entry)
        return in_order(entries.values())

    def _due(self, wanted: Sequence[Looked]) -> Sequence[Looked]:
        """Return what to read now: of what never was, no more than should be at a time."""
        index, tried = self._line.index, self._line.tried
        new = [each for each in wanted if each.path not in index and each.path not in tried]
        sizes = accumulate(each.signature[1] for each in new)
        now = [each for each, size in zip(new, sizes, strict=True) if size <= self._most] or new[:1]
        self.unfinished = len(now) < len(new)
        tried.update(each.path for each in now)
        return now if self.unfinished else wanted

    def _take(self, wanted: Sequence[Looked]) -> Iterator[Entry]:
        """Read files, and yield them; note what cannot be kept as it is."""
        line, size = self._line, 0
        for taken in Taker(self._scan, line.stock, line.former).take(wanted):
            if isinstance(taken, Problem):
                self.problems.append(taken)
                continue
            line.index[taken.entry.path] = taken
            line.unsaved = True
            if taken.entry.torn:
                self.problems.append(Problem(taken.entry.path, TORN))
            yield taken.entry
            size += taken.entry.size
            if size > KEEP:
                self._save(line)
                size = 0


def _unread(looked: Looked) -> Entry:
    if looked.type == FOLDER:
        return Entry(looked.path, FOLDER, looked.mode)
    return Entry(looked.path, LINK, mtime_ns=looked.mtime_ns, target=looked.target)


def _beneath(former: Mapping[str, Entry], bad: Collection[str]) -> Iterator[Entry]:
    """Yield what was there of paths that cannot be read now, or beneath them."""
    for path, entry in former.items() if bad else ():
        parts = path.split("/")
        if any("/".join(parts[:count]) in bad for count in range(len(parts) + 1)):
            yield entry
