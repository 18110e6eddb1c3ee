"""Manifests that authenticate and say what no writer would."""

from __future__ import annotations

import json
from typing import Any

from flipside.backup import packing
from flipside.backup.media import entry as entries
from flipside.backup.media import objects
from flipside.backup.media.entry import Entry
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.shelf import Shelf
from flipside.backup.packing import pack_json
from flipside.backup.sealing import FIRST, GONE


def forge(world, *listed: Entry | dict[str, Any], **changed: object) -> None:
    """Put a manifest that lists what the writer would never."""
    found = [each if isinstance(each, dict) else described(each) for each in listed]
    forge_pieces(world, pack_json({"entries": found}), **changed)


def forge_pieces(world, *pieces: bytes, times: int = 1, **changed: object) -> None:
    """Put a manifest of pieces, all of them so many times."""
    shelf = world.shelf()
    names = []
    for piece in pieces:
        name = shelf.contents.name(piece)
        names.append(name)
        replace(world, objects.content(shelf.epoch, name), shelf.contents.sealed(name, 0, piece))
    number = max(shelf.sizes()) + 1
    made = vars(Manifest(world.name, number, world.now + 1, 0, tuple(names * times))) | changed
    forge_manifest(world, number, packing.packed(pack_json(made)))


def forge_manifest(world, number: int, packed: bytes) -> None:
    """Put a manifest of which nothing but its seal need be right."""
    shelf = world.shelf()
    name = objects.manifest(shelf.epoch, number)
    replace(world, name, shelf.key.seal(objects.MANIFEST, name, FIRST, packed))


def forge_mark(world, packed: bytes, label: str = "0123abcd") -> str:
    """Put a mark, or with another label what says that all of the epoch goes; return its name."""
    shelf = world.shelf()
    name = shelf.epoch.gone(label)
    replace(world, name, shelf.key.seal(GONE, name, FIRST, packed))
    return name


def replace(world, name: str, data: bytes | None) -> None:
    """Do what a storage may that is not to be trusted."""
    world.storage.delete(name)
    if data is not None:
        world.storage.put(name, data)


def described(entry: Entry) -> dict[str, Any]:
    """An entry as a list has it."""
    found: dict[str, Any] = entries._as_json(entry)
    return found


def file(world, at: str, **changed: object) -> Entry:
    """An entry with the content of the file a, which is there."""
    found = {entry.path: entry for entry in world.shelf().entries(world.shelf().manifest(1))}
    return found["a"]._replace(**({"path": at} | changed))


def frame(found: object) -> bytes:
    """A zstd frame of JSON, be it an object or not."""
    text = found if isinstance(found, str) else json.dumps(found)
    return packing.packed(text.encode())


def manifest(world, **changed: object) -> dict[str, Any]:
    """The newest manifest as JSON has it, edited."""
    shelf: Shelf = world.shelf()
    return vars(shelf.manifest(max(shelf.sizes()))) | changed
