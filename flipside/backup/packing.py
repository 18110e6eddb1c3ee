"""Bytes out of values, and back: JSON, and zstd frames. Whoever made them is not trusted."""

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
    """Return a JSON object. Raises DamagedError if it is none."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise DamagedError("this is no JSON object", where)
    return found


def packed(content: bytes) -> bytes:
    """Return one zstd frame of bytes that nothing is known of."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(content)


def unpacked(frame: bytes, where: str, most: int) -> bytes:
    """Return what `packed` packed.

    Args:
        frame: One zstd frame, which says how much is in it.
        where: The object's name, for the error.
        most: Bytes that may be in it; more are not even begun with.

    Raises:
        DamagedError: If it is anything else.
    """
    try:
        if not 0 <= zstandard.frame_content_size(frame) <= most:
            raise DamagedError("it would unpack to more than can be in it", where)
        return zstandard.ZstdDecompressor().decompress(frame, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise DamagedError(f"it cannot be unpacked: {error}", where) from None
