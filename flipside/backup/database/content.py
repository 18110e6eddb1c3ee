"""What the objects of a database's epoch hold, before they are sealed.

A base's manifest is JSON, as is the end of the hourly line. An increment is 4 bytes, the length of
its JSON, little end first; that JSON; and the groups of `flipside.backup.database.delta`. Roots are 64 hex digits, times seconds since 1970.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from flipside.backup import fields
from flipside.backup.database.image import PAGE_SIZES, PAGES, Shape
from flipside.backup.errors import DamagedError
from flipside.backup.packing import pack_json, read_json

_LENGTH = struct.Struct("<I")
_COUNT = 10**8 - 1
CHUNK_MOST = 64 << 20
"""Bytes that a chunk may have."""
_WRONG = (KeyError, TypeError, ValueError, struct.error)


@dataclass(frozen=True)
class End:
    """Where a line of increments ends.

    Attributes:
        epoch: The epoch's label.
        number: Of the last increment, 0 for none.
        digest: The SHA-256 of that object, or of the base's.
    """

    epoch: str
    number: int
    digest: bytes


@dataclass(frozen=True)
class Base:
    """The manifest of a base.

    Attributes:
        name: The database's.
        at: When it was taken.
        shape: Of the image.
        root: Of the image.
        chunk_size: Bytes of the image in each chunk; the last has what is left.
        chunks: The SHA-256 of each chunk's object.
        after: Where the epoch before ended, if that is known.
    """

    name: str
    at: float
    shape: Shape
    root: int
    chunk_size: int
    chunks: tuple[bytes, ...]
    after: End | None = None


@dataclass(frozen=True)
class Increment:
    """An increment.

    Attributes:
        number: What the moment goes by; in the line of all increments they count from 1.
        at: When it was taken.
        shape: Of the image that it leads to.
        before: The root of the image that it applies to.
        root: The root of the one that it leads to.
        groups: The pages that changed.
        partial: Whether more of the same belongs to it, so that nobody ever saw this image.
    """

    number: int
    at: float
    shape: Shape
    before: int
    root: int
    groups: bytes
    partial: bool = False


def pack_base(base: Base) -> bytes:
    """Return a base's manifest as bytes."""
    after = base.after
    found = {
        "name": base.name,
        "at": base.at,
        "page_size": base.shape.page_size,
        "pages": base.shape.pages,
        "root": f"{base.root:064x}",
        "chunk_size": base.chunk_size,
        "chunks": [each.hex() for each in base.chunks],
        "after": after and [after.epoch, after.number, after.digest.hex()],
    }
    return pack_json(found)


def unpack_base(data: bytes, where: str) -> Base:
    """Return what `pack_base` packed. Raises DamagedError if it is something else."""
    found = read_json(data, where)
    try:
        chunks = tuple(map(fields.digest, found["chunks"]))
        after = None if found["after"] is None else _end(*found["after"])
        name, at = fields.text(found["name"]), fields.moment(found["at"])
        shape, size = _shape(found), fields.whole(found["chunk_size"], 1, CHUNK_MOST)
        if len(chunks) != -(-shape.size // size):
            raise ValueError(len(chunks))
        return Base(name, at, shape, _root(found["root"]), size, chunks, after)
    except _WRONG:
        raise DamagedError("this is no manifest of a base", where) from None


def pack_increment(increment: Increment) -> bytes:
    """Return an increment as bytes."""
    found = {
        "number": increment.number,
        "at": increment.at,
        "page_size": increment.shape.page_size,
        "pages": increment.shape.pages,
        "before": f"{increment.before:064x}",
        "root": f"{increment.root:064x}",
        "partial": increment.partial,
    }
    head = pack_json(found)
    return b"".join([_LENGTH.pack(len(head)), head, increment.groups])


def unpack_increment(data: bytes, where: str) -> Increment:
    """Return what `pack_increment` packed. Raises DamagedError if it is something else."""
    try:
        end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
        found = read_json(data[_LENGTH.size : end], where)
        number, at = fields.whole(found["number"], 1, _COUNT), fields.moment(found["at"])
        roots = _root(found["before"]), _root(found["root"])
        partial = fields.flag(found["partial"])
        return Increment(number, at, _shape(found), *roots, data[end:], partial)
    except _WRONG:
        raise DamagedError("this is no increment", where) from None


def pack_hours(end: End) -> bytes:
    """Return what ends a line of hourly increments as bytes."""
    return pack_json({"count": end.number, "last": end.digest.hex()})


def unpack_hours(data: bytes, epoch: str, where: str) -> End:
    """Return what `pack_hours` packed of an epoch. Raises DamagedError if it is something else."""
    found = read_json(data, where)
    try:
        return _end(epoch, found["count"], found["last"])
    except _WRONG:
        raise DamagedError("this is no end of a line", where) from None


def _end(epoch: object, number: object, last: object) -> End:
    return End(fields.text(epoch), fields.whole(number, 0, _COUNT), fields.digest(last))


def _root(value: object) -> int:
    return int.from_bytes(fields.digest(value), "big")


def _shape(found: dict[str, Any]) -> Shape:
    size = fields.whole(found["page_size"], PAGE_SIZES[0], PAGE_SIZES[-1])
    if size not in PAGE_SIZES:
        raise ValueError(size)
    return Shape(size, fields.whole(found["pages"], 0, PAGES))
