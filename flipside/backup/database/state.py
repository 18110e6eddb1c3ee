"""What the agent remembers of a database: where the chain ends, and the image at that point.

    state.json   the epoch, the last object's number and hash, the image's shape and root
    keys.json    the keys of the epochs that are still in the repository
    image        the shadow: the database as the chain has it
    pending      an increment on its way: what is to be put, and what then becomes of the shadow

Of the three only `pending` makes a step: written before an object is put, redone after a cut.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import zstandard

from flipside.backup.database.image import Roots
from flipside.backup.database.tip import Point, Tip
from flipside.backup.errors import DamagedError
from flipside.backup.keys import remembered
from flipside.backup.names import Epoch
from flipside.machine.files import read_json, sync, write_atomic, write_json

_LENGTH = struct.Struct("<Q")
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, struct.error, zstandard.ZstdError)


Stamp = tuple[int, int]
"""Tells whether another process wrote the state since."""


class State:
    """The state of one database, in a folder of its own.

    Args:
        folder: The folder; it has the database's content in plain text, so it is for its user alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.image, self.pending = folder / "image", folder / "pending"

    def tip(self) -> Tip | None:
        """Return the end of the chain, None where there is none, or none that can be read any more."""
        try:
            found = read_json(self.folder / "state.json")
            return self._tip(found) if found else None
        except _UNREADABLE:
            return None

    def _tip(self, found: dict[str, Any]) -> Tip | None:
        epoch, point = Epoch(**found["epoch"]), Point.from_json(found["point"])
        key = remembered(self.folder)[1].get(epoch.label)
        recipients = tuple(found["recipients"])
        if key is None:
            return None
        return Tip(epoch, key, found["begun"], recipients, found["checked"], point)

    def stamp(self) -> Stamp | None:
        """Return what changes whenever the end of the chain does, None where there is none."""
        try:
            status = (self.folder / "state.json").stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    def keep(self, tip: Tip) -> None:
        """Remember the end of the chain."""
        found = {
            "epoch": asdict(tip.epoch),
            "begun": tip.begun,
            "recipients": tip.recipients,
            "checked": tip.checked,
            "point": tip.point.as_json(),
        }
        write_json(self.folder / "state.json", found, 0o600)

    def whole(self, tip: Tip) -> bool:
        """Return whether the shadow is the image that the chain ends with."""
        if not self.image.exists():
            return False
        roots, size = Roots(tip.key.derive(b"root")), self.image.stat().st_size
        shape = tip.point.shape
        return size == shape.size and roots.of(self.image, shape.page_size) == tip.point.root

    def adopt(self, taken: Path) -> None:
        """Make a new image the shadow."""
        with taken.open("rb+") as file:
            file.flush()
            _sync(file)
        taken.replace(self.image)
        sync(self.folder)

    def begin(self, data: bytes, point: Point, pages: Iterable[tuple[int, bytes]]) -> None:
        """Note an increment before it is put."""
        head = json.dumps(point.as_json()).encode()
        parts = [_LENGTH.pack(len(head)), head, _LENGTH.pack(len(data)), data]
        packed = zstandard.ZstdCompressor(level=1).compress(
            b"".join(_LENGTH.pack(number) + page for number, page in pages)
        )
        write_atomic(self.pending, b"".join([*parts, packed]), 0o600)

    def begun(self) -> tuple[bytes, Point, dict[int, bytes]] | None:
        """Return the increment that was noted: its object, its point, the pages by number.

        Raises:
            DamagedError: If it cannot be read any more.
        """
        if not self.pending.exists():
            return None
        try:
            return self._begun()
        except _UNREADABLE:
            raise DamagedError("what was noted cannot be read", str(self.pending)) from None

    def _begun(self) -> tuple[bytes, Point, dict[int, bytes]]:
        content = self.pending.read_bytes()
        head, rest = _cut(content)
        data, packed = _cut(rest)
        point = Point.from_json(json.loads(head))
        plain = zstandard.ZstdDecompressor().decompressobj().decompress(packed)
        step = _LENGTH.size + point.shape.page_size
        pages = {
            _LENGTH.unpack_from(plain, at)[0]: plain[at + _LENGTH.size : at + step]
            for at in range(0, len(plain), step)
        }
        return data, point, pages

    def finish(self, tip: Tip, pages: dict[int, bytes]) -> None:
        """Bring the shadow to the end of the chain, and remember that; may be done twice."""
        size = tip.point.shape.page_size
        with self.image.open("rb+") as file:
            for number, page in pages.items():
                file.seek((number - 1) * size)
                file.write(page)
            file.truncate(tip.point.shape.size)
            _sync(file)
        self.keep(tip)
        self.pending.unlink()


def _cut(content: bytes) -> tuple[bytes, bytes]:
    (length,) = _LENGTH.unpack_from(content)
    end = _LENGTH.size + length
    return content[_LENGTH.size : end], content[end:]


def _sync(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())
