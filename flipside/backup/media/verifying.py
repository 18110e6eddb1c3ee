"""What is kept of a folder's files, read and authenticated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flipside.backup.errors import DamagedError
from flipside.backup.keys import Keys
from flipside.backup.media import marks, objects
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.entry import read_piece
from flipside.backup.media.find import shelves
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.objects import LIST_MOST
from flipside.backup.media.shelf import Shelf
from flipside.backup.repository import Repository


class Verified(NamedTuple):
    """What was read.

    Attributes:
        moments: How many there are to restore to.
        objects: How many objects were read.
        size: Bytes of contents, unpacked.
    """

    moments: int
    objects: int
    size: int


def verify(repository: Repository, subject: str, keys: Keys) -> Verified:
    """Read all that is kept of a folder's files.

    Args:
        repository: Where it is kept.
        subject: The folder's id.
        keys: What opens it.

    Raises:
        DamagedError: If anything is missing or altered.
        UnopenedError: If an epoch cannot be opened.
    """
    found = [_epoch(shelf) for shelf in shelves(repository, subject, keys)]
    return Verified(*map(sum, zip(*found, strict=True))) if found else Verified(0, 0, 0)


def prove(shelf: Shelf, manifests: Sequence[Manifest]) -> Verified:
    """Read all that manifests of an epoch refer to.

    Raises:
        DamagedError: If anything is missing or altered.
    """
    pieces = dict.fromkeys(name for each in manifests for name in each.pieces)
    where, size, files = objects.contents(shelf.epoch), 0, set()
    for piece in shelf.contents.read(pieces, LIST_MOST):
        size += len(piece)
        files |= {(entry.chunks, entry.size) for entry in read_piece(piece, where)}
    chunks = dict.fromkeys(name for names, _ in files for name in names)
    lengths = dict(zip(chunks, map(len, shelf.contents.read(chunks)), strict=True))
    for names, expected in files:
        if [lengths[name] for name in names] != _cut(expected):
            raise DamagedError("the contents of a file are not as long as it was", where)
    if manifests:
        shelf.entries(manifests[-1])  # that all paths are in one folder
    count = len(manifests) + len(pieces | chunks)
    return Verified(len(manifests), count, size + sum(lengths.values()))


def _epoch(shelf: Shelf) -> Verified:
    heads = shelf.repository.heads(shelf.epoch)
    going = [
        marks.opened(shelf.repository, shelf.key, name) for name in marks.names(shelf.epoch, heads)
    ]
    found = prove(shelf, list(shelf.manifests(shelf.kept())))
    return found._replace(objects=found.objects + len(going) + 1)


def _cut(size: int) -> list[int]:
    """Return the lengths of the contents that a file of a size is cut into."""
    whole, rest = divmod(size, CHUNK_SIZE)
    return [CHUNK_SIZE] * whole + [rest] * bool(rest)
