"""What a manifest lists: files, links and folders, in pieces that are contents themselves.

So a manifest of a hundred thousand files, one of which changed, shares all pieces but one with the
manifest before.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from flipside.backup import fields
from flipside.backup.errors import DamagedError
from flipside.backup.found import FILE, FOLDER, LINK
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.objects import content_names
from flipside.backup.packing import pack_json, read_json

PIECE = 256
"""How many entries a piece has on average."""
PIECE_SIZE = 1 << 20
"""Bytes that end a piece, whatever the paths in it: who names files may not make one too large."""


class Entry(NamedTuple):
    """A file, link or folder at one moment.

    Attributes:
        path: Relative to the folder, as `flipside.backup.found.Looked` has it.
        type: `found.FILE`, `found.LINK` or `found.FOLDER`.
        mode: Permission bits; of a link 0.
        mtime_ns: When it was modified, nanoseconds since 1970; of a folder 0.
        size: Bytes of a file.
        chunks: Names of a file's contents, in order.
        target: Where a link leads to.
        torn: Whether a file was written to while it was read, so that it may never have been so.
    """

    path: str
    type: str
    mode: int = 0
    mtime_ns: int = 0
    size: int = 0
    chunks: tuple[str, ...] = ()
    target: str = ""
    torn: bool = False


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries in order of their paths' bytes, so that a folder is before its content."""
    return sorted(entries, key=lambda entry: os.fsencode(entry.path))


def pieces(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield entries that are in order as the contents that list them.

    A piece ends after an entry whose path says so: whatever comes or goes changes one piece only.
    """
    piece: list[bytes] = []
    size = 0
    for entry in entries:
        piece.append(pack_json(_as_json(entry)))
        size += len(piece[-1])
        if zlib.crc32(os.fsencode(entry.path)) % PIECE == 0 or size >= PIECE_SIZE:
            yield _joined(piece)
            piece, size = [], 0
    if piece:
        yield _joined(piece)


def _joined(piece: Iterable[bytes]) -> bytes:
    return b'{"entries": [' + b", ".join(piece) + b"]}"


def read_piece(data: bytes, where: str) -> list[Entry]:
    """Return the entries of a piece.

    Raises:
        DamagedError: If it is something else.
    """
    try:
        return [_from_json(found) for found in fields.several(read_json(data, where)["entries"])]
    except (KeyError, TypeError, ValueError):
        raise DamagedError("this is no list of files", where) from None


def checked(found: Iterable[Entry], where: str) -> list[Entry]:
    """Return entries that were read, of all pieces.

    Raises:
        DamagedError: At a path that does not stay within the folder, is in one that is not listed,
            or comes twice: what lists the same over and over fills no memory.
    """
    entries: list[Entry] = []
    folders, last = {""}, b""
    for entry in found:
        above, _, name = entry.path.rpartition("/")
        if above not in folders or name in ("", ".", ".."):
            what = f"the list of files has a path that is none of its folder's: {entry.path!r}"
            raise DamagedError(what, where)
        before, last = last, os.fsencode(entry.path)
        if last <= before:
            raise DamagedError("the list of files has a path twice, or in another order", where)
        if entry.type == FOLDER:
            folders.add(entry.path)
        entries.append(entry)
    return entries


def _as_json(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = {"path": entry.path, "type": entry.type}
    found |= {name: getattr(entry, name) for name in _FIELDS[entry.type]}
    return found | ({"torn": True} if entry.torn else {})


def _from_json(found: dict[str, Any]) -> Entry:
    """Return an entry. Raises KeyError, TypeError or ValueError if it is none."""
    values = {name: _READ[name](found[name]) for name in _FIELDS[found["type"]]}
    entry = Entry(_name(found["path"]), found["type"], **values, torn=found.get("torn") is True)
    if len(entry.chunks) != -(-entry.size // CHUNK_SIZE):
        raise ValueError(entry.size)
    return entry


def _name(found: Any) -> str:
    """Return a path or a link's target, if it can be one."""
    if not isinstance(found, str) or b"\0" in os.fsencode(found) or not found:
        raise ValueError(found)
    return found


def _mode(found: Any) -> int:
    return fields.whole(found, 0, 0o7777)


_FIELDS = {
    FILE: ("mode", "mtime_ns", "size", "chunks"),
    LINK: ("mtime_ns", "target"),
    FOLDER: ("mode",),
}
_READ: dict[str, Callable[[Any], Any]] = {
    "mode": _mode,
    "mtime_ns": fields.nanoseconds,
    "size": fields.whole,
    "chunks": content_names,
    "target": _name,
}
