"""Moments as people write and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from flipside.backup.errors import BackupError

SKEW = 60.0
"""Seconds that a clock may go back, as it is set right, with nothing made of it."""
_FORM = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"([ T]\d\d:\d\d(?P<second>:\d\d(?P<exact>\.\d+)?)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?"
)


def parse(text: str) -> float:
    """Return a moment as seconds since 1970: a day, a minute, a second, or a part of it.

    What is not exact stands for its end, so that what was kept within it counts. It is in local time
    where no zone is said.

    Raises:
        BackupError: If it is none.
    """
    found = _FORM.fullmatch(text.strip())
    try:
        exact = datetime.fromisoformat(text.strip()).astimezone(UTC).timestamp() if found else None
    except (ValueError, OverflowError):
        exact = None
    if found is None or exact is None:
        what = f"{text!r} is no moment"
        raise BackupError(what, "--at", 'write it as "2026-11-20 14:03"')
    if found["exact"]:
        return exact
    if found["second"]:
        return exact + 0.999999
    return exact + (59.999999 if found[1] else 86399.999999)


def show(at: float, *, exact: bool = False) -> str:
    """Return a moment in local time, to the second, or as `parse` reads the very same."""
    spec = "microseconds" if exact else "seconds"
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(sep=" ", timespec=spec)
