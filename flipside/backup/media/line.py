"""Where a writer goes on: its epoch, the newest manifest there, and what that lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from flipside.backup.errors import ConflictError
from flipside.backup.found import Problem
from flipside.backup.media import manifest as manifests
from flipside.backup.media import objects
from flipside.backup.media.entry import Entry
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.objects import MANIFEST
from flipside.backup.media.shelf import Shelf
from flipside.backup.media.state import State, Tip
from flipside.backup.media.stock import Stock
from flipside.backup.media.take import Taken
from flipside.backup.sealing import digest


@dataclass
class Line:
    """What a writer knows of its epoch.

    Attributes:
        tip: Where it has come.
        shelf: The epoch.
        stock: The contents there.
        index: What was read of files, by path.
        last: The newest manifest, None if there is none that can be read.
        former: What that lists, by path.
        problems: What is wrong with the newest manifest; another one mends it.
        unsaved: Whether the index is other than what is remembered of it.
        tried: Paths that were read, or could not be, since the newest manifest.
        told: Bytes of contents put since then that were told of.
    """

    tip: Tip
    shelf: Shelf
    stock: Stock
    index: dict[str, Taken]
    last: Manifest | None = None
    former: dict[str, Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unsaved: bool = False
    tried: set[str] = field(default_factory=set)
    told: int = 0

    def has(self, entry: Entry) -> bool:
        """Return whether all contents of an entry are there."""
        return all(map(self.stock.has, entry.chunks))

    def lists(self, entries: Sequence[Entry]) -> bool:
        """Return whether the newest manifest is well, and lists just these."""
        is_well = self.last is not None and not self.problems
        return is_well and list(self.former.values()) == entries

    def differ(self, entries: Iterable[Entry]) -> int:
        """Return how many paths are other ones than in the newest manifest."""
        now = {entry.path: entry for entry in entries}
        return sum(self.former.get(path) != now.get(path) for path in self.former.keys() | now)

    def after(self, now: float) -> float:
        """Return the time for a moment; never before the last one, though the clock may go back."""
        return max(now, self.last.at + 1e-3 if self.last else 0.0)

    def untold(self) -> int:
        """Return the bytes of contents that were put since this was asked last."""
        size, self.told = self.stock.put - self.told, self.stock.put
        return size

    def adopt(self, manifest: Manifest, entries: Iterable[Entry]) -> None:
        """Take a manifest for the newest one."""
        self.last, self.former = manifest, {entry.path: entry for entry in entries}
        chunks = (entry.chunks for entry in self.former.values())
        self.stock.trusted = set(manifest.pieces).union(*chunks)
        self.stock.put = self.told = 0
        self.tried.clear()


def put(line: Line, state: State, manifest: Manifest) -> int:
    """Put a manifest, which makes a moment; return the bytes of its object.

    Raises:
        ConflictError: If there is another of its number, or that is none any more.
        BackupError: If it cannot be stored.
    """
    if manifest.number > objects.LAST:
        raise ConflictError("the epoch has as many moments as can be", line.tip.epoch.prefix)
    # Noted before: should it get lost on the way and turn up again, its number is no other's.
    line.tip = replace(line.tip, begun=manifest.number)
    state.keep(line.tip)
    name = objects.manifest(line.tip.epoch, manifest.number)
    data = line.shelf.put(MANIFEST, name, manifests.pack(manifest))
    line.tip = replace(line.tip, put=manifest.number, digest=digest(data), at=manifest.at)
    state.keep(line.tip)
    return len(data)
