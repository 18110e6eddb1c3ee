"""A repository that has an object of each kind, and what must come of it when one is at fault."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from unit.backup.small import FILL, INSERT, TABLE, Small, attempted, played

from flipside.backup.catalogue import entries
from flipside.backup.errors import BackupError
from flipside.backup.names import DATABASE, Epoch
from flipside.backup.repository import opened
from flipside.backup.retention import DAY, Retention

HOUR = 3600.0
NEWEST = "3.7"
LAST = "i/00000007"
OBJECTS = ("key.age", "base", "c/00000001", "i/00000001", "i/00000003", "i/00000004")
THINNED = (*OBJECTS, "h/00000001", "h/00000003", "hours", "gone-i")


class Museum(Small):
    """Three epochs: one without its passes, one thinned whose passes are marked, and the newest one.

    Attributes:
        times: When each moment was taken that there still is.
        keep: How long what is kept.
    """

    keep = Retention(DAY, 3 * DAY, 6 * DAY)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.times: dict[str, float] = {}
        self.sql(*TABLE)
        self._day()
        self.now += 1.5 * DAY
        self._day()
        self.now += 0.1 * DAY
        self.writer.collect(self.keep, [])
        self.now += 1.1 * DAY
        self.writer.collect(self.keep, [])
        self._day()
        self.now += 1.1 * DAY
        self.writer.collect(self.keep, [])
        assert self.moments().items() <= self.images.items()
        for chain in self.chains():
            self.times |= {moment.id: moment.at for moment in chain.moments()}

    def _day(self) -> None:
        """An epoch of a base, an increment, one in parts, and two in the next hour."""
        self.now += HOUR - self.now % HOUR
        self.once(FILL.format(n=30))
        self.once(INSERT.format("second"))
        self.once(FILL.format(n=10), "UPDATE entry SET body = 'x' WHERE id % 9 = 0")
        self.now += HOUR
        self.once(INSERT.format("an hour later"))
        self.once("DELETE FROM entry WHERE id % 2 = 0", "VACUUM")

    @property
    def epochs(self) -> list[Epoch]:
        return self.repository.begun(DATABASE, self.subject)

    def at(self, epoch: int, name: str) -> str:
        """What an object of an epoch goes by, epochs being counted from 0."""
        return self.epochs[epoch].prefix + name

    def read(self, name: str) -> bytes:
        return bytes((self.storage.path / name).read_bytes())

    def proves_with(self, objects: dict[str, bytes | None]) -> int:
        """Assert that all comes back as it was or is refused, with other objects in place."""
        with ExitStack() as stack:
            for name, data in objects.items():
                stack.enter_context(self.instead(name, data))
            return self.proves() + self.plays()

    @contextmanager
    def instead(self, name: str, data: bytes | None) -> Iterator[None]:
        """Have other bytes in an object's place, or nothing."""
        path = self.storage.path / name
        before = path.read_bytes() if path.exists() else None
        _put(path, data)
        try:
            yield
        finally:
            _put(path, before)

    def proves(self, names: Iterable[str] = ("1.7", "2.0", "2.7", "3.1", NEWEST)) -> int:
        """Assert that moments come back as they were or are refused; return how many were refused."""
        refused = 0
        for name in names:
            for wanted in ({"id": name}, {"at": self.times[name]}):
                found = attempted(self.restored, **wanted)
                assert isinstance(found, BackupError) or found == self.images[name]
                refused += isinstance(found, BackupError)
        return refused + self._lists()

    def plays(self) -> int:
        """Assert that no image of any epoch is another one; return how many epochs were refused."""
        chains = attempted(self.chains)
        if isinstance(chains, BackupError):
            return 1
        found = [attempted(played, chain) for chain in chains]
        for each in found:
            assert isinstance(each, BackupError) or dict(each).items() <= self.images.items()
        return sum(isinstance(each, BackupError) for each in found)

    def _lists(self) -> int:
        """The same of the names, and of the moments' ids."""
        found = attempted(entries, self.repository, self.keys)
        assert isinstance(found, BackupError) or {entry.name for entry in found} <= {self.name}
        chains = attempted(self.chains)
        if isinstance(chains, BackupError):
            return 1
        shown = [attempted(lambda each=each: list(each.moments())) for each in chains]
        for each in shown:
            assert isinstance(each, BackupError) or {one.id for one in each} <= set(self.images)
        return sum(isinstance(each, BackupError) for each in (found, *shown))

    def reopened(self) -> None:
        """Read the repository's description once more."""
        self.repository = opened(self.storage)
        self.behind(self.storage)


def _put(path: Path, data: bytes | None) -> None:
    path.unlink(missing_ok=True)
    if data is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
