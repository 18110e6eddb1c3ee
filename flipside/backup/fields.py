"""Values of JSON from a repository, each refused unless it is what it has to be."""

from __future__ import annotations

import re

LAST = 1e11
"""Seconds since 1970, in the year 5138: no clock shows more."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def whole(value: object, least: int, most: int) -> int:
    """Return a whole number. Raises ValueError if it is none, or out of bounds."""
    if type(value) is not int or not least <= value <= most:
        raise ValueError(value)
    return value


def text(value: object) -> str:
    """Return a text. Raises ValueError if it is none."""
    if not isinstance(value, str):
        raise ValueError(value)  # noqa: TRY004 - as all others
    return value


def flag(value: object) -> bool:
    """Return a truth value. Raises ValueError if it is none."""
    if not isinstance(value, bool):
        raise ValueError(value)  # noqa: TRY004
    return value


def moment(value: object) -> float:
    """Return a time, seconds since 1970. Raises ValueError if it is none."""
    if type(value) not in {int, float} or not 0 <= value <= LAST:  # type: ignore[operator]
        raise ValueError(value)
    return float(value)  # type: ignore[arg-type]


def digest(value: object) -> bytes:
    """Return 32 bytes from their 64 hex digits. Raises ValueError if it is something else."""
    if not _DIGEST.fullmatch(text(value)):
        raise ValueError(value)
    return bytes.fromhex(text(value))
