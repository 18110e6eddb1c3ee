"""What is not to be kept of a folder's files goes: marked first, deleted a day later.

Within an epoch moments are thinned, and contents go that no moment refers to. An epoch goes whole once
no moment of it is to be kept, and the newest of all was proven: every content of it was read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from flipside.backup.epochs import usable
from flipside.backup.errors import UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.media import marks, objects
from flipside.backup.media.due import due
from flipside.backup.media.epochs import Epochs
from flipside.backup.media.marks import Mark
from flipside.backup.media.shelf import Shelf
from flipside.backup.moment import Moment
from flipside.backup.names import FILES, Epoch
from flipside.backup.repository import Repository
from flipside.backup.retention import Retention, is_over, is_to_come
from flipside.backup.sealing import GONE

STEP = 64
"""Deletions until it is looked again whether the mark still stands."""


@dataclass(frozen=True)
class Collector:
    """Collects what is not to be kept of one folder's files; one at a time may.

    Attributes:
        repository: Where they are kept.
        subject: The folder's id.
        keys: What opens its epochs; those that it does not open stay.
        folder: Where proofs are remembered.
        retention: What is to be kept.
        clock: Returns seconds since 1970.
        held: Names of contents that the writer counts on, though nothing refers to them yet.
    """

    repository: Repository
    subject: str
    keys: Keys
    folder: Path
    retention: Retention
    clock: Callable[[], float]
    held: frozenset[str] = frozenset()

    def collect(self) -> Iterator[Epoch]:
        """Delete what was marked, mark what is due; yield the epochs that are gone for good.

        Raises:
            DamagedError: If what is to be kept cannot be read; then everything stays.
            BackupError: If an object cannot be put or deleted.
        """
        epochs = Epochs(self.repository, self.subject, self.keys, self.folder, self.clock)
        yield from epochs.sweep()
        shelves = list(self._shelves())
        for shelf in shelves:
            for mark in shelf.marks():
                if is_over(mark.at, self.clock()):
                    self._sweep(shelf, mark)
                elif is_to_come(mark.at, self.clock()):
                    self.repository.storage.delete(mark.name)
        self._mark_all(shelves, epochs)

    def _shelves(self) -> Iterator[Shelf]:
        """Yield the epochs that there is a manifest of, the newest first."""
        for epoch in usable(self.repository, FILES, self.subject, self.keys):
            with suppress(UnopenedError):  # as those of a state that was lost
                shelf = Shelf.by(self.keys, self.repository, epoch)
                if shelf.sizes():
                    yield shelf

    def _mark_all(self, shelves: Sequence[Shelf], epochs: Epochs) -> None:
        moments = {shelf.epoch: list(shelf.moments()) for shelf in shelves}
        everything = [moment for each in moments.values() for moment in each]
        gone = due(everything, self.clock(), self.retention)
        for shelf in shelves:
            going = gone.intersection(moments[shelf.epoch])
            if shelf != shelves[0] and len(going) == len(moments[shelf.epoch]):
                epochs.mark(shelf, shelves[0])
            elif not shelf.marks():
                self._mark(shelf, going)

    def _mark(self, shelf: Shelf, going: Iterable[Moment]) -> None:
        """Mark moments of an epoch, and all contents that no other one refers to."""
        manifests = frozenset(sorted(moment.number for moment in going)[: marks.MOST])
        listed = self.repository.storage.list(objects.contents(shelf.epoch))
        there = {each.name.rpartition("/")[2] for each in listed}
        # Listed before the manifests: what is put meanwhile is not taken for left behind.
        kept = [number for number in shelf.sizes() if number not in manifests]
        contents = frozenset(sorted(there - self._needed(shelf, kept))[: marks.MOST])
        if manifests or contents:
            name = shelf.epoch.gone(os.urandom(4).hex())
            mark = Mark(name, self.clock(), manifests, contents)
            shelf.put(GONE, name, marks.pack(mark))

    def _sweep(self, shelf: Shelf, mark: Mark) -> None:
        """Delete what was marked, but for what is referred to by now."""
        numbers = list(shelf.sizes())
        going = mark.manifests.intersection(numbers[:-1])
        kept = [number for number in numbers if number not in going]
        contents = mark.contents - self._needed(shelf, kept)
        names = [objects.manifest(shelf.epoch, number) for number in sorted(going)]
        names += [objects.content(shelf.epoch, name) for name in sorted(contents)]
        rest = iter(names)
        while step := list(islice(rest, STEP)):
            # Once it does not, what it names may have been put anew.
            if self.repository.storage.get(mark.name) is None:
                return
            for name in step:
                self.repository.storage.delete(name)
        self.repository.storage.delete(mark.name)

    def _needed(self, shelf: Shelf, numbers: Iterable[int]) -> set[str]:
        return shelf.references(shelf.manifests(numbers)) | self.held
