"""A base: an image in chunks, and the manifest that makes them count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flipside.backup import packing
from flipside.backup.database.content import Base, End, pack_base
from flipside.backup.database.image import Roots, Shape
from flipside.backup.database.tip import Point
from flipside.backup.names import Epoch
from flipside.backup.repository import Repository
from flipside.backup.sealing import BASE, CHUNK, FIRST, EpochKey, digest

CHUNK_SIZE = 4 << 20
"""Bytes of an image in a chunk."""


@dataclass(frozen=True)
class Parts:
    """Where the objects of an epoch go."""

    repository: Repository
    epoch: Epoch
    key: EpochKey

    def put(self, kind: bytes, name: str, content: bytes, before: bytes = FIRST) -> bytes:
        """Seal and store an object; return it."""
        data = self.key.seal(kind, name, before, content)
        self.repository.storage.put(name, data)
        return data


def put_base(  # noqa: PLR0913, PLR0917 - all that a base has
    parts: Parts, taken: Path, name: str, shape: Shape, at: float, after: End | None
) -> tuple[Point, int]:
    """Store an image as the base of an epoch.

    Args:
        parts: The epoch.
        taken: The image.
        name: The database's.
        shape: The image's.
        at: When it was taken.
        after: Where the epoch before ended.

    Returns:
        The point that it makes, and the bytes of its objects.

    Raises:
        BackupError: If an object cannot be stored; then the epoch does not count.
    """
    root = Roots(parts.key.derive(b"root")).of(taken, shape.page_size)
    chunks, size = _chunks(parts, taken)
    content = pack_base(Base(name, at, shape, root, CHUNK_SIZE, tuple(chunks), after))
    data = parts.put(BASE, parts.epoch.base, content)
    return Point(0, digest(data), at, root, shape), size + len(data)


def _chunks(parts: Parts, taken: Path) -> tuple[list[bytes], int]:
    digests: list[bytes] = []
    size = 0
    with taken.open("rb") as file:
        while part := file.read(CHUNK_SIZE):
            data = parts.put(CHUNK, parts.epoch.chunk(len(digests)), packing.packed(part))
            digests.append(digest(data))
            size += len(data)
    return digests, size
