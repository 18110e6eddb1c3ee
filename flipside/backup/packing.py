"""Bytes out of values, and back: JSON, and zstd frames."""

from __future__ import annotations

import json
from typing import Any

import zstandard

from flipside.backup.errors import DamagedError

LEVEL = 3


def pack_json(found: dict[str, Any]) -> bytes:
    """Return JSON as bytes."""
    return json.dumps(found).encode()


def read_json(data: bytes, where: str) -> dict[str, Any]:
    """Return JSON's value. Raises DamagedError if it is none."""
    try:
        found: dict[str, Any] = json.loads(data)
    except ValueError:
        raise DamagedError("this is no JSON", where) from None
    return found


def packed(content: bytes) -> bytes:
    """Return one zstd frame of bytes that nothing is known of."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(content)


def unpacked(frame: bytes, where: str) -> bytes:
    """Return what `packed` packed. Raises DamagedError if it is something else."""
    try:
        return zstandard.ZstdDecompressor().decompress(frame)
    except zstandard.ZstdError as error:
        raise DamagedError(f"it cannot be unpacked: {error}", where) from None
