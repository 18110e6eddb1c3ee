"""What is kept how long, and how the rest goes: marked first, deleted a day later.

An epoch that has ended is thinned to hours, then to its base alone, then goes whole; each only after
the base that followed was proven by a restore. Nothing is deleted that a restore may be reading: what
is marked is not offered any more, and stays for `GRACE`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flipside.backup.errors import BackupError
from flipside.backup.names import ALL, HOURLY, WHOLE

_UNITS = {"m": 60.0, "h": 3600.0, "d": 86400.0}
DAY = 86400.0
GRACE = DAY
"""Seconds between the mark and the deletion."""


def is_over(marked: float, now: float) -> bool:
    """Return whether what was marked may be deleted; times in seconds since 1970."""
    return now - marked > GRACE


def is_to_come(marked: float, now: float) -> bool:
    """Return whether a mark was put while a clock was ahead: it would stand for as long."""
    return marked - now > GRACE


@dataclass(frozen=True)
class Retention:
    """How long what is kept, in seconds since the next epoch began.

    Attributes:
        increments: Every moment.
        hourly: The last one of each hour.
        daily: The last base of each day.
    """

    increments: float = DAY
    hourly: float = 7 * DAY
    daily: float = 30 * DAY

    @classmethod
    def parsed(cls, durations: Sequence[str], where: str) -> Retention:
        """Return what three durations say, as ``24h``, ``7d`` and ``30d``.

        Args:
            durations: Numbers with a unit: ``m``, ``h`` or ``d``.
            where: Who gave them, for the error.

        Raises:
            BackupError: If they are anything else, or one is shorter than the one before.
        """
        parts = [re.fullmatch(r"(\d+(?:\.\d+)?)([mhd])", str(each)) for each in durations]
        seconds = [float(part[1]) * _UNITS[part[2]] for part in parts if part]
        if len(seconds) != 3 or len(parts) != 3 or seconds != sorted(seconds) or seconds[0] <= 0:
            what = f"{', '.join(map(str, durations))}: three durations are wanted, none shorter"
            raise BackupError(f"{what} than the one before", where, "write them as 24h, 7d, 30d")
        return cls(*seconds)

    def due(self, age: float, *, same_day: bool) -> list[str]:
        """Return the lines that are to go, `WHOLE` being all of an epoch.

        Args:
            age: Seconds since the next epoch began.
            same_day: Whether that was on the same day as this one.
        """
        if age > self.daily or (age > self.hourly and same_day):
            return [WHOLE]
        if age > self.hourly:
            return [HOURLY, ALL]
        return [ALL] if age > self.increments else []
