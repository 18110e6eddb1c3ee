"""Values that were read, and may be anything: whoever wrote them is not trusted."""

from __future__ import annotations

import re
from typing import Any

LATEST = 253_402_214_400
"""Seconds since 1970 at the end of the year 9999: later ones are no dates."""
_INT64 = (1 << 63) - 1
_DIGEST = re.compile(r"[0-9a-f]{64}")


def whole(found: object, least: int = 0, most: int = _INT64) -> int:
    """Return a whole number within limits. Raises ValueError if it is something else."""
    if type(found) is int and least <= found <= most:
        return found
    raise ValueError(found)


def nanoseconds(found: object) -> int:
    """Return nanoseconds since 1970, or before. Raises ValueError if it is something else."""
    return whole(found, -_INT64)


def moment(found: Any) -> float:
    """Return seconds since 1970. Raises ValueError if it is something else."""
    if type(found) in {int, float} and 0 <= found <= LATEST:
        return float(found)
    raise ValueError(found)


def several(found: object) -> list[Any]:
    """Return a list. Raises ValueError if it is something else."""
    if isinstance(found, list):
        return found
    raise ValueError(found)


def text(found: object) -> str:
    """Return text. Raises ValueError if it is something else."""
    if isinstance(found, str):
        return found
    raise ValueError(found)


def flag(found: object) -> bool:
    """Return a truth value. Raises ValueError if it is something else."""
    if isinstance(found, bool):
        return found
    raise ValueError(found)


def digest(found: object) -> bytes:
    """Return 32 bytes from their 64 hex digits. Raises ValueError if it is something else."""
    if _DIGEST.fullmatch(text(found)):
        return bytes.fromhex(text(found))
    raise ValueError(found)
