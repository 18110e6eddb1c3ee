"""Bytes that are not what they were, whatever they were."""

from __future__ import annotations

from pathlib import Path


def altered(data: bytes) -> bytes:
    """Return bytes with the last bit flipped."""
    return data[:-1] + bytes([data[-1] ^ 1])


def flip(path: Path) -> None:
    """Flip the last bit of a file."""
    path.write_bytes(altered(path.read_bytes()))
