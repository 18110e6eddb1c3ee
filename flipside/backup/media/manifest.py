"""What a folder was like at one moment: by which contents it is listed."""

from __future__ import annotations

from dataclasses import dataclass

from flipside.backup import fields, packing
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.media.objects import LIST_MOST, content_names
from flipside.backup.packing import pack_json, read_json


@dataclass(frozen=True)
class Manifest:
    """A manifest.

    Attributes:
        name: The folder's.
        number: Its own, which its object's name has, too.
        at: When the folder was looked at, seconds since 1970; later than in any before it.
        added: Bytes of the objects of contents that were put with it.
        pieces: Names of the contents that list the folder's entries, in order.
    """

    name: str
    number: int
    at: float
    added: int
    pieces: tuple[str, ...]


def pack(manifest: Manifest) -> bytes:
    """Return a manifest as bytes.

    Raises:
        BackupError: If the folder has more files than one can list.
    """
    content = pack_json(dict(vars(manifest)))
    if len(content) > LIST_MOST:
        raise BackupError("there are too many files to list", manifest.name, "remove some")
    return packing.packed(content)


def unpack(data: bytes, where: str) -> Manifest:
    """Return what `pack` packed. Raises DamagedError if it is something else."""
    found = read_json(packing.unpacked(data, where, LIST_MOST), where)
    try:
        return Manifest(
            fields.text(found["name"]),
            fields.whole(found["number"]),
            fields.moment(found["at"]),
            fields.whole(found["added"]),
            content_names(found["pieces"]),
        )
    except (KeyError, TypeError, ValueError):
        raise DamagedError("this is no manifest of files", where) from None
