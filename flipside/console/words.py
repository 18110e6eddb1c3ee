"""Ages, sizes and times as a person says them, and text made safe to print."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_KILO = 1000


def age(when: datetime | str, now: datetime | None = None) -> str:
    """Return how long ago `when` was: `just now`, `3 min ago`, `2 hours ago`, `5 days ago`.

    Args:
        when: A time, or one in ISO 8601; in UTC where it says no zone.
        now: The present, for tests.
    """
    moment = datetime.fromisoformat(when) if isinstance(when, str) else when
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    passed = ((now or datetime.now(UTC)) - moment).total_seconds()
    if passed < _MINUTE:
        return "just now"
    if passed < _HOUR:
        return f"{passed // _MINUTE:.0f} min ago"
    count, unit = (passed // _HOUR, "hour") if passed < _DAY else (passed // _DAY, "day")
    return f"{count:.0f} {unit}{'' if count == 1 else 's'} ago"


def size(count: float) -> str:
    """Return a number of bytes in decimal units: `512 B`, `1.2 MB`."""
    if abs(count) < _KILO:
        return f"{count:.0f} B"
    for unit in ("kB", "MB", "GB"):
        count /= _KILO
        # What rounds up to 1000.0 belongs to the next unit.
        if abs(count) < _KILO - 0.05:
            return f"{count:.1f} {unit}"
    return f"{count / _KILO:.1f} TB"


def seconds(duration: float) -> str:
    """Return a duration in seconds as `0.3 s`, `1 min 12 s` or `2 h 5 min`."""
    if duration < _MINUTE - 0.05:
        return f"{max(duration, 0):.1f} s"
    whole = round(duration)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"


def without_escapes(text: str) -> str:
    """Return `text` without terminal escapes and without other control characters."""
    return _CONTROL.sub("", _ESCAPE.sub("", text.replace("\r\n", "\n")))
