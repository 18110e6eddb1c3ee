"""What the objects of a database's epoch hold, before they are sealed.

A base's manifest is JSON. An increment is 4 bytes, the length of its JSON, little end first; that JSON; and
the groups of `flipside.backup.database.delta`. Roots are 64 hex digits, times seconds since 1970.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from flipside.backup.database.image import Shape
from flipside.backup.errors import DamagedError
from flipside.backup.packing import pack_json, read_json

_LENGTH = struct.Struct("<I")


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
        chunks: The SHA-256 of each chunk's object.
        after: Where the epoch before ended, if that is known.
    """

    name: str
    at: float
    shape: Shape
    root: int
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
        "chunks": [each.hex() for each in base.chunks],
        "after": after and [after.epoch, after.number, after.digest.hex()],
    }
    return pack_json(found)


def unpack_base(data: bytes, where: str) -> Base:
    """Return what `pack_base` packed. Raises DamagedError if it is something else."""
    found = read_json(data, where)
    try:
        chunks = tuple(map(bytes.fromhex, found["chunks"]))
        after = _end(*found["after"]) if found["after"] else None
        root = int(found["root"], 16)
        return Base(found["name"], found["at"], _shape(found), root, chunks, after)
    except (KeyError, TypeError, ValueError):
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
        head = int(found["number"]), float(found["at"]), _shape(found)
        roots = int(found["before"], 16), int(found["root"], 16)
        return Increment(*head, *roots, data[end:], bool(found["partial"]))
    except (KeyError, TypeError, ValueError, struct.error):
        raise DamagedError("this is no increment", where) from None


def _end(epoch: str, number: int, last: str) -> End:
    return End(epoch, int(number), bytes.fromhex(last))


def _shape(found: dict[str, Any]) -> Shape:
    return Shape(int(found["page_size"]), int(found["pages"]))
