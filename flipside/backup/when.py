"""Moments as people write and read them."""

from __future__ import annotations

from datetime import UTC, datetime

from flipside.backup.errors import BackupError


def parse(text: str) -> float:
    """Return a moment in ISO 8601, local where no zone is said, as seconds since 1970.

    A minute or a second stands for its end, so that what was kept within it counts.

    Raises:
        BackupError: If it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        what = f"{text!r} is no moment"
        raise BackupError(what, "--at", 'write it as "2026-11-20 14:03"') from None
    exact = moment.astimezone(UTC).timestamp()
    if "." in text:
        return exact
    if text.count(":") >= 2:
        return exact + 0.999999
    return exact + (59.999999 if ":" in text else 86399.999999)


def show(at: float) -> str:
    """Return a moment in local time, to the second."""
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(sep=" ", timespec="seconds")
