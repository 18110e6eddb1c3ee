"""Objects that authenticate and are wrong, as who has an epoch's key, or the recipient's, can make."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import pyrage
import zstandard

from flipside.backup.database.chain import Chain
from flipside.backup.names import increment_of
from flipside.backup.sealing import BASE, CHUNK, FIRST, KINDS, digest

Edit = Callable[[dict[str, Any]], Any]


def key(chain: Chain, edit: Edit | bytes, recipient: str) -> bytes:
    """An epoch's key, edited."""
    place = {"repository": chain.repository.id, "kind": chain.epoch.kind, "name": chain.name}
    place |= {"subject": chain.epoch.subject, "number": chain.epoch.number}
    place |= {"random": chain.epoch.random, "key": chain.key.secret.hex()}
    readers = [pyrage.x25519.Recipient.from_str(recipient)]
    return bytes(pyrage.encrypt(edited(place, edit), readers))


def head(chain: Chain, kind: bytes, name: str, edit: Edit | bytes) -> bytes:
    """An object of JSON, edited."""
    content = chain.key.open(kind, name, FIRST, chain.repository.require(name))
    return chain.key.seal(kind, name, FIRST, edited(json.loads(content), edit))


def chunk(chain: Chain, index: int, frame: bytes) -> dict[str, bytes]:
    """A chunk, and the base that names it."""
    name = chain.epoch.chunk(index)
    data = chain.key.seal(CHUNK, name, FIRST, frame)

    def named(found: dict[str, Any]) -> None:
        found["chunks"][index] = digest(data).hex()

    return {name: data, chain.epoch.base: head(chain, BASE, chain.epoch.base, named)}


def increment(chain: Chain, name: str, edit: Edit | bytes, groups: bytes | None = None) -> bytes:
    """An increment, its head edited or its groups other ones."""
    line, number = increment_of(name)
    kind, before = KINDS[line], chain.base_digest
    if number > 1:
        before = digest(chain.repository.require(chain.epoch.increment(number - 1, line)))
    content = chain.key.open(kind, name, before, chain.repository.require(name))
    (length,) = struct.unpack_from("<I", content)
    found = edited(json.loads(content[4 : 4 + length]), edit)
    rest = content[4 + length :] if groups is None else groups
    return chain.key.seal(kind, name, before, struct.pack("<I", len(found)) + found + rest)


def edited(found: dict[str, Any], edit: Edit | bytes) -> bytes:
    """JSON after an edit, which may return something else instead; or other bytes."""
    if isinstance(edit, bytes):
        return edit
    changed = edit(found)
    return json.dumps(found if changed is None else changed).encode()


def group(numbers: list[int], frame: bytes, length: int | None = None) -> bytes:
    """A group of pages."""
    packed = struct.pack(f"<H{len(numbers)}I", len(numbers), *numbers)
    return packed + struct.pack("<I", len(frame) if length is None else length) + frame


def frame(content: bytes) -> bytes:
    """A zstd frame."""
    return zstandard.ZstdCompressor().compress(content)


def bomb(size: int, claimed: int | None = None) -> bytes:
    """A zstd frame of zeros, by far smaller than they are; it may claim yet more."""
    block, rest = 128 << 10, size
    found = [b"\x28\xb5\x2f\xfd\xe0", struct.pack("<Q", size if claimed is None else claimed)]
    while True:
        part = min(block, rest)
        rest -= part
        found.append((part << 3 | 1 << 1 | (rest == 0)).to_bytes(3, "little") + b"\0")
        if not rest:
            return b"".join(found)
