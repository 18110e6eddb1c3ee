"""The line of hourly increments of an epoch: of each hour the last moment, and the last one of all.

It has the same roots as the line of all increments, so that one proves the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from flipside.backup.database import delta
from flipside.backup.database.base import Parts
from flipside.backup.database.chain import Chain, Link
from flipside.backup.database.content import End, Increment, pack_hours, pack_increment
from flipside.backup.database.image import Shape
from flipside.backup.database.rebuild import apply, write_base
from flipside.backup.database.steps import Change, Mark
from flipside.backup.errors import DamagedError
from flipside.backup.moment import Moment
from flipside.backup.names import ALL, HOURLY
from flipside.backup.scratch import scratch
from flipside.backup.sealing import HOURLY as HOURLY_KIND
from flipside.backup.sealing import HOURS, digest

HOUR = 3600.0


def thin(chain: Chain, folder: Path) -> None:
    """Put the hourly line of an epoch that has ended.

    Args:
        chain: The epoch, with all of its increments.
        folder: One on a disk with room for the database twice.

    Raises:
        DamagedError: If an increment is missing or altered, or what was put does not prove.
        BackupError: If an object cannot be put.
    """
    _clear(chain)
    with scratch(folder) as made:
        old, new = made / "old", made / "new"
        with old.open("w+b") as before, new.open("w+b") as after:
            write_base(chain, before)
            write_base(chain, after)
            line = _Line(chain, before, after)
            for moment, links, last in _hours(chain.batches(ALL)):
                line.follow(links)
                if last:
                    line.put(moment, links[-1])
        line.finish()


def verify(chain: Chain, folder: Path) -> None:
    """Read the hourly line of an epoch back.

    Raises:
        DamagedError: If an object is missing or altered, or it does not lead to where it should.
    """
    with scratch(folder) as made:
        _verify(chain, made / "image")


def _clear(chain: Chain) -> None:
    """Remove what was begun and killed: its nonces are other ones."""
    storage = chain.repository.storage
    for each in list(storage.list(chain.epoch.line(HOURLY))):
        storage.delete(each.name)


def _hours(
    batches: Iterable[tuple[Moment, list[Link]]],
) -> Iterator[tuple[Moment, list[Link], bool]]:
    """Yield each moment with whether it is the last of its hour."""
    held = None
    for moment, links in batches:
        if held:
            yield *held, moment.at // HOUR != held[0].at // HOUR
        held = moment, links
    if held:
        yield *held, True


@dataclass
class _Line:
    """The hourly line as it is made: ``before`` is the image at its end, ``after`` the one to come."""

    chain: Chain
    before: BinaryIO
    after: BinaryIO
    count: int = 0
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        base = self.chain.base
        self.mark = Mark(base.shape, base.root)
        self.last = self.chain.base_digest

    def follow(self, links: Iterable[Link]) -> None:
        """Bring ``after`` to the next moment."""
        for link in links:
            self.touched.update(apply(self.chain, self.after, link))

    def put(self, moment: Moment, link: Link) -> None:
        """Put what leads from the last hour to a moment."""
        shape = link.increment.shape
        numbers = sorted(number for number in self.touched if number <= shape.pages)
        new = delta.reader(self.after, shape.page_size)
        change = Change(self.chain.roots, delta.reader(self.before, shape.page_size), new)
        for step in change.steps(self.mark, shape, numbers):
            self.count += 1
            marks = step.after.shape, step.before.root, step.after.root
            head = Increment(moment.number, moment.at, *marks, step.groups, step.partial)
            name, epoch = self.chain.epoch.increment(self.count, HOURLY), self.chain.epoch
            parts = Parts(self.chain.repository, epoch, self.chain.key)
            self.last = digest(parts.put(HOURLY_KIND, name, pack_increment(head), self.last))
            self.mark = step.after
        if self.mark.root != link.increment.root:
            raise DamagedError("the hourly increments lead elsewhere", link.name)
        self._catch_up(numbers, shape)

    def _catch_up(self, numbers: Iterable[int], shape: Shape) -> None:
        new = delta.reader(self.after, shape.page_size)
        for number in numbers:
            self.before.seek((number - 1) * shape.page_size)
            self.before.write(new(number))
        self.before.truncate(shape.size)
        self.touched.clear()

    def finish(self) -> None:
        """Put the end of the line, which makes it count."""
        chain = self.chain
        parts = Parts(chain.repository, chain.epoch, chain.key)
        content = pack_hours(End(chain.epoch.label, self.count, self.last))
        parts.put(HOURS, chain.epoch.hours, content)


def _verify(chain: Chain, path: Path) -> None:
    """Raise DamagedError unless the line that was put leads to where it should."""
    root, shape = chain.base.root, chain.base.shape
    with path.open("w+b") as target:
        write_base(chain, target)
        for _, links in chain.batches(HOURLY):
            for link in links:
                apply(chain, target, link)
            root, shape = links[-1].increment.root, links[-1].increment.shape
    if chain.roots.of(path, shape.page_size) != root:
        raise DamagedError("the hourly increments do not prove", chain.epoch.prefix)
