"""Which moments are kept: all of the last day, then the last of each hour, then of each day."""

from __future__ import annotations

from collections.abc import Iterable

from flipside.backup.moment import Moment
from flipside.backup.retention import DAY, Retention

HOUR = 3600.0


def due(moments: Iterable[Moment], now: float, retention: Retention) -> set[Moment]:
    """Return the moments that are to go; never the newest.

    Args:
        moments: All that there are.
        now: Seconds since 1970.
        retention: How long what is kept. Hours and days are those of UTC.
    """
    gone = set()
    newer: Moment | None = None
    for moment in sorted(
        moments, key=lambda each: (each.at, each.epoch, each.number), reverse=True
    ):
        if newer and not _is_kept(moment, newer, now - moment.at, retention):
            gone.add(moment)
        newer = moment
    return gone


def _is_kept(moment: Moment, newer: Moment, age: float, retention: Retention) -> bool:
    """Return whether a moment is kept that is not the newest."""
    if age <= retention.increments:
        return True
    if age <= retention.hourly:
        return moment.at // HOUR != newer.at // HOUR
    return age <= retention.daily and moment.at // DAY != newer.at // DAY
