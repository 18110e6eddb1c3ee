"""The points of a database in a repository, and its image at any of them, proven."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import zstandard

from flipside.backup import delta
from flipside.backup.content import Base, Increment, unpack_base, unpack_increment
from flipside.backup.errors import DamagedError
from flipside.backup.image import Roots
from flipside.backup.names import Epoch, increment_of
from flipside.backup.repository import Repository
from flipside.backup.sealing import BASE, CHUNK, FIRST, INCREMENT, digest

if TYPE_CHECKING:
    from pyrage.x25519 import Identity


@dataclass(frozen=True)
class Moment:
    """A point that a database can be restored to.

    Attributes:
        id: Epoch and increment, as ``3.17``; ``3.0`` is a base.
        at: Seconds since 1970.
        size: Bytes of its objects.
    """

    id: str
    at: float
    size: int


class Chain:
    """One epoch, opened.

    Args:
        repository: Where it lies.
        epoch: Which.
        identities: Private keys, one of which opens it.
    """

    def __init__(
        self, repository: Repository, epoch: Epoch, identities: Sequence[Identity]
    ) -> None:
        self.repository, self.epoch = repository, epoch
        self.key, self.name = repository.key(epoch, identities)
        data = repository.require(epoch.base)
        self._digest, self._size = digest(data), len(data)
        self.base: Base = unpack_base(
            self.key.open(BASE, epoch.base, FIRST, data), epoch.base
        )

    def increments(self) -> Iterator[tuple[Moment, Increment]]:
        """Yield each increment in order, authenticated with its place in the chain.

        Raises:
            DamagedError: At the first that is missing, altered or out of place.
        """
        before, root = self._digest, self.base.root
        for number, name in enumerate(self.repository.increments(self.epoch), 1):
            if increment_of(name) != number:
                raise DamagedError("the object is missing", self.epoch.increment(number))
            data = self.repository.require(name)
            found = unpack_increment(self.key.open(INCREMENT, name, before, data), name)
            if found.before != root:
                raise DamagedError("the increment does not apply to what is before it", name)
            before, root = digest(data), found.root
            yield Moment(f"{self.epoch.number}.{number}", found.at, len(data)), found

    def moments(self) -> Iterator[Moment]:
        """Yield the points of the epoch, its base first. Raises as `increments`."""
        yield self.start
        for moment, _ in self.increments():
            yield moment

    @property
    def start(self) -> Moment:
        """The base as a point; its size is that of its manifest alone."""
        return Moment(f"{self.epoch.number}.0", self.base.at, self._size)

    def write(self, path: Path, number: int) -> None:
        """Write the image at an increment, 0 being the base, and prove it.

        Args:
            path: The file; it is replaced, and outlives a power cut once this returns.
            number: Which increment.

        Raises:
            DamagedError: If an object is missing or altered, or the image is not what it was.
        """
        root, shape = self.base.root, self.base.shape
        with path.open("w+b") as target:
            self._write_base(target)
            for moment, increment in self.increments():
                if int(moment.id.partition(".")[2]) > number:
                    break
                _apply(target, increment)
                root, shape = increment.root, increment.shape
            target.truncate(shape.size)
            target.flush()
            os.fsync(target.fileno())
        if Roots(self.key.derive(b"root")).of(path, shape.page_size) != root:
            raise DamagedError("the restored image is not what was taken", self.epoch.prefix)

    def _write_base(self, target: BinaryIO) -> None:
        for index, expected in enumerate(self.base.chunks):
            name = self.epoch.chunk(index)
            data = self.repository.require(name)
            if digest(data) != expected:
                raise DamagedError("this is another chunk than the base had", name)
            packed = self.key.open(CHUNK, name, FIRST, data)
            target.write(zstandard.ZstdDecompressor().decompress(packed))


def _apply(target: BinaryIO, increment: Increment) -> None:
    size = increment.shape.page_size
    pages = list(delta.decode(increment.groups, delta.reader(target, size), size))
    for number, page in pages:
        target.seek((number - 1) * size)
        target.write(page)
    # What is behind the end now must be gone should the database grow again.
    target.truncate(increment.shape.size)


def proven(chain: Chain) -> int:
    """Read a whole chain, and prove its last image; return how many moments it has.

    Raises:
        DamagedError: If an object is missing or altered, or the image is not what it was.
    """
    moments = list(chain.moments())
    with tempfile.TemporaryDirectory() as folder:
        chain.write(Path(folder, "image"), len(moments) - 1)
    return len(moments)
