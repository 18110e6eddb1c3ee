"""One epoch of a database, opened: its base, and the moments that increments lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flipside.backup import mark
from flipside.backup.database.content import (
    Base,
    End,
    Increment,
    unpack_base,
    unpack_hours,
    unpack_increment,
)
from flipside.backup.database.image import Roots
from flipside.backup.errors import DamagedError
from flipside.backup.fetch import fetched
from flipside.backup.keys import Keys
from flipside.backup.moment import Moment
from flipside.backup.names import ALL, HOURLY, Epoch, increment_of
from flipside.backup.repository import Repository
from flipside.backup.sealing import BASE, FIRST, HOURS, KINDS, digest


@dataclass(frozen=True)
class Link:
    """An increment at its place in the chain.

    Attributes:
        name: Its object's.
        before: The SHA-256 of the object before it.
        size: Bytes of its object.
        increment: What it holds; of a partial one without its groups.
    """

    name: str
    before: bytes
    size: int
    increment: Increment


class Chain:
    """One epoch of a database, opened.

    Args:
        repository: Where it lies.
        epoch: Which.
        keys: What opens it.
        end: Where it has to end, as the base after it says; whoever cut it is found out by that.

    Raises:
        DamagedError: If its key or its base is missing or altered.
        UnopenedError: If its key cannot be opened.
    """

    def __init__(
        self, repository: Repository, epoch: Epoch, keys: Keys, end: End | None = None
    ) -> None:
        self.repository, self.epoch = repository, epoch
        self._end = end if end and end.epoch == epoch.label else None
        self.key, self.name = keys.open(epoch)
        data = repository.require(epoch.base)
        self.base_digest, self._size = digest(data), len(data)
        self.base: Base = unpack_base(self.key.open(BASE, epoch.base, FIRST, data), epoch.base)
        heads = repository.heads(epoch)
        self.has_hours = epoch.hours in heads
        gone = [line for line in (ALL, HOURLY) if epoch.gone(line) in heads]
        for line in gone:
            mark.read(repository, self.key, epoch, line)
        self.lines = [line for line in (ALL, HOURLY) if line not in gone]

    @property
    def start(self) -> Moment:
        """The base as a moment; its size is that of its manifest alone."""
        return Moment(self.epoch, 0, self.base.at, self._size)

    def moments(self) -> Iterator[Moment]:
        """Yield the moments that can be restored to, the base first.

        Raises:
            DamagedError: At the first object that is missing, altered or out of place.
        """
        chunks = self.repository.storage.list(self.epoch.chunks)
        yield replace(self.start, size=self._size + sum(each.size for each in chunks))
        for moment, _ in self.batches():
            yield moment

    def batches(self, line: str | None = None) -> Iterator[tuple[Moment, list[Link]]]:
        """Yield each moment after the base with the increments that lead to it.

        Args:
            line: `names.ALL` or `names.HOURLY`; the fuller one that there is, if None.

        Raises:
            DamagedError: As `moments`.
        """
        lines = [line] if line else self.lines[:1]
        parts: list[Link] = []
        for link in (link for each in lines for link in self._links(each)):
            found = link.increment
            if found.partial:
                parts.append(replace(link, increment=replace(found, groups=b"")))
                continue
            size = sum(each.size for each in parts) + link.size
            yield Moment(self.epoch, found.number, found.at, size), [*parts, link]
            parts = []

    def _links(self, line: str) -> Iterator[Link]:
        before, number, last = self.base_digest, 0, self._start
        names = [each.name for each in self.repository.storage.list(self.epoch.line(line))]
        for number, (name, data) in enumerate(fetched(self.repository, names), 1):
            if increment_of(name) != (line, number):
                raise DamagedError("the object is missing", self.epoch.increment(number, line))
            link = self._link(name, before, data)
            self._check(link, last, number)
            before, last = digest(data), link.increment
            yield link
        self._check_end(line, number, before)

    def whole(self, link: Link) -> Link:
        """Return a link with its groups, which those of a partial one have to be read for again."""
        if not link.increment.partial:
            return link
        return self._link(link.name, link.before, self.repository.require(link.name))

    def _link(self, name: str, before: bytes, data: bytes) -> Link:
        line, _ = increment_of(name) or (ALL, 0)
        found = unpack_increment(self.key.open(KINDS[line], name, before, data), name)
        return Link(name, before, len(data), found)

    @property
    def _start(self) -> Increment:
        """Return the base as if it were what an increment led to."""
        base = self.base
        return Increment(0, base.at, base.shape, base.root, base.root, b"")

    def _check(self, link: Link, last: Increment, place: int) -> None:
        """Raise DamagedError unless an increment can follow the last one at its place in a line."""
        found, (line, _) = link.increment, increment_of(link.name) or (ALL, 0)
        rising = found.number == place if line == ALL else found.number > last.number
        same = last.partial and found.number == last.number and found.at == last.at
        if found.before != last.root or found.shape.page_size != last.shape.page_size:
            what = "the increment does not apply to what is before it"
            raise DamagedError(what, link.name)
        if found.at < last.at or not (rising or (same and line == HOURLY)):
            raise DamagedError("the increment is not of its place or time", link.name)

    def _check_end(self, line: str, number: int, last: bytes) -> None:
        """Raise DamagedError if the line goes on, as far as that is known."""
        end = self._hours() if line == HOURLY else self._end
        if end and (end.number > number or (end.number == number and end.digest != last)):
            name = self.epoch.increment(number + 1, line)
            raise DamagedError("the object is missing: the end of the chain was cut", name)
        if end and line == HOURLY and end.number != number:
            raise DamagedError("the line goes on behind its end", self.epoch.hours)

    def _hours(self) -> End:
        name = self.epoch.hours
        data = self.key.open(HOURS, name, FIRST, self.repository.require(name))
        return unpack_hours(data, self.epoch.label, name)

    @property
    def roots(self) -> Roots:
        """What makes root hashes of this epoch."""
        return Roots(self.key.derive(b"root"))
