"""What a database and its repository are like before something befalls them."""

from __future__ import annotations

from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.retention import DAY, Retention

HOUR = 3600.0
KEEP = Retention(DAY, 3 * DAY, 6 * DAY)
STAGES = {
    "hours put, passes marked": 1.5,
    "passes deleted": 2.6,
    "hours marked": 4.1,
    "hours deleted": 5.2,
    "all marked": 7.1,
    "all deleted": 8.2,
}
"""Days after the second epoch began."""


def increment(small: Small) -> None:
    small.once()
    small.once(INSERT.format("second"))
    small.sql(INSERT.format("third"))


def partial_increments(small: Small) -> None:
    """New pages, and changed ones, in steps of three."""
    increment(small)
    small.sql(FILL.format(n=20), "UPDATE entry SET body = 'changed' WHERE id = 1")


def shrinking_in_parts(small: Small) -> None:
    small.once(FILL.format(n=40))
    small.once(INSERT.format("second"))
    small.sql("DELETE FROM entry WHERE id % 2 = 0", "VACUUM")


def first_base(small: Small) -> None:
    """Nothing is stored before."""


def base_of_a_new_day(small: Small) -> None:
    increment(small)
    small.now += DAY


def base_of_another_page_size(small: Small) -> None:
    increment(small)
    small.sql("PRAGMA journal_mode=delete", "PRAGMA page_size=8192", "VACUUM")


def collect(small: Small) -> None:
    small.writer.collect(KEEP, [])


def two_days(small: Small) -> None:
    """An epoch of a few hours, some of its moments in parts, with another after it."""
    small.sql(*TABLE)
    small.once()
    for _ in range(2):
        small.now += HOUR / 2
        small.once(INSERT.format(small.now))
        small.once(FILL.format(n=15))
    small.now += DAY
    small.once(INSERT.format("second day"))
    small.once(INSERT.format("the same"))
