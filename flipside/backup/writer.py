"""One database kept in a repository: at each pass what changed, as an increment or as a new base."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import zstandard

from flipside.backup import delta, image
from flipside.backup.content import Base, Increment, pack_base, pack_increment
from flipside.backup.errors import ConflictError
from flipside.backup.image import Roots, Shape
from flipside.backup.names import Epoch, database_id
from flipside.backup.repository import Repository
from flipside.backup.sealing import BASE, CHUNK, FIRST, INCREMENT, EpochKey, digest
from flipside.backup.source import Source
from flipside.backup.state import Point, State, Tip

CHUNK_SIZE = 4 << 20
# More than this in one increment, in bytes of pages, and a new base takes no more and is simpler.
LARGEST = 64 << 20


@dataclass(frozen=True)
class Stored:
    """What a pass put.

    Attributes:
        kind: ``base`` or ``increment``.
        size: Bytes of objects.
        pages: How many changed.
        at: Which moment it is of, seconds since 1970.
    """

    kind: str
    size: int
    pages: int
    at: float


class Writer:
    """What keeps one database.

    Args:
        repository: Where it is kept.
        name: What it goes by.
        source: The database.
        state: What is remembered of it.
        recipients: Who can open it.
        clock: Returns seconds since 1970.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that it works with
        self,
        repository: Repository,
        name: str,
        source: Source,
        state: State,
        recipients: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.name, self.source, self._state = name, source, state
        self._repository, self._recipients, self._clock = repository, recipients, clock
        self._tip: Tip | None = None
        self._loaded = False

    def once(self) -> Stored | None:
        """Bring the repository up to date; return what was put, None if nothing had changed.

        Raises:
            BackupError: If the database cannot be read or an object not be put. What was put stays, and
                the next pass goes on from there.
        """
        try:
            self._resume()
            return self._pass()
        except ConflictError:
            # Not our chain any more, as when a machine was set back to a snapshot of itself.
            self._give_up()
            return self._pass()

    def _pass(self) -> Stored | None:
        if not self.source.changed():
            return None
        taken = self._state.folder / "taken"
        try:
            shape = self.source.take(taken)
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
        with self._state.image.open("rb") as old, taken.open("rb") as new:
            numbers = list(image.changed(old, new, shape.page_size))
        if len(numbers) * shape.page_size > LARGEST:
            return self._base(taken, shape)
        if not numbers and shape == tip.point.shape:
            return None
        return self._increment(tip, taken, shape, numbers)

    def _increment(self, tip: Tip, taken: Path, shape: Shape, numbers: list[int]) -> Stored:
        with self._state.image.open("rb") as old_file, taken.open("rb") as new_file:
            old = delta.reader(old_file, shape.page_size)
            new = delta.reader(new_file, shape.page_size)
            root = self._root(tip, numbers, shape, old, new)
            groups = b"".join(delta.encode(numbers, old, new))
            at = self._now()
            content = Increment(at, shape, tip.point.root, root, groups)
            name = tip.epoch.increment(tip.point.number + 1)
            data = tip.key.seal(INCREMENT, name, tip.point.digest, pack_increment(content))
            point = Point(tip.point.number + 1, digest(data), at, root, shape)
            self._state.begin(data, point, ((number, new(number)) for number in numbers))
        self._finish(tip)
        return Stored("increment", len(data), len(numbers), at)

    def _root(
        self, tip: Tip, numbers: list[int], shape: Shape, old: delta.Read, new: delta.Read
    ) -> int:
        roots, root, before = _roots(tip.key), tip.point.root, tip.point.shape.pages
        for number in numbers:
            root ^= roots.page(number, new(number))
        for number in [*numbers, *range(shape.pages + 1, before + 1)]:
            if number <= before:
                root ^= roots.page(number, old(number))
        return root

    def _finish(self, tip: Tip) -> None:
        """Put the increment that was noted, if there is one, and take it over."""
        begun = self._state.begun()
        if begun is None:
            return
        data, point, pages = begun
        self._repository.storage.put(tip.epoch.increment(point.number), data)
        self._tip = tip.at(point)
        self._state.finish(self._tip, pages)

    def _base(self, taken: Path, shape: Shape) -> Stored:
        database = database_id(self._repository.id, self.name)
        epoch, key = self._repository.new_epoch(database, self.name, self._recipients)
        root = _roots(key).of(taken, shape.page_size)
        chunks, size = self._chunks(taken, epoch, key)
        at = self._now()
        content = pack_base(Base(self.name, at, shape, root, tuple(chunks)))
        data = key.seal(BASE, epoch.base, FIRST, content)
        self._repository.storage.put(epoch.base, data)
        self._state.pending.unlink(missing_ok=True)
        self._state.adopt(taken)
        self._tip = Tip(epoch, key, Point(0, digest(data), at, root, shape))
        self._state.keep(self._tip)
        return Stored("base", size + len(data), shape.pages, at)

    def _chunks(self, taken: Path, epoch: Epoch, key: EpochKey) -> tuple[list[bytes], int]:
        digests: list[bytes] = []
        size = 0
        with taken.open("rb") as file:
            while part := file.read(CHUNK_SIZE):
                name = epoch.chunk(len(digests))
                packed = zstandard.ZstdCompressor(level=delta.LEVEL).compress(part)
                data = key.seal(CHUNK, name, FIRST, packed)
                self._repository.storage.put(name, data)
                digests.append(digest(data))
                size += len(data)
        return digests, size

    def _resume(self) -> None:
        """Go on where the last pass ended, or the last agent was ended."""
        tip = self._tip if self._loaded else self._state.tip()
        if tip and tip.key.repository == self._repository.id:
            self._tip = tip
            self._finish(tip)
        if not self._loaded and self._tip and not self._state.whole(self._tip):
            self._tip = None
        self._loaded = True

    def _give_up(self) -> None:
        self._state.pending.unlink(missing_ok=True)
        self._tip, self._loaded = None, True
        self.source.forget()

    def _now(self) -> float:
        """Return the time; never before what was put last, though the clock may go back."""
        return max(self._clock(), self._tip.point.at + 1e-3 if self._tip else 0.0)


def _roots(key: EpochKey) -> Roots:
    return Roots(key.derive(b"root"))
