"""A clock that goes back, or was ahead for a while."""

from __future__ import annotations

from unit.backup.scenes import HOUR, collect
from unit.backup.small import INSERT, Small

from flipside.backup.retention import DAY

pytest_plugins = ["unit.backup.smalls"]


def test_a_clock_that_was_ahead_for_one_collection_costs_no_moment(due: Small, tmp_path) -> None:
    """But for those that go anyhow."""
    right = due.copy(tmp_path / "right")
    collect(right)
    due.now += 400 * DAY
    collect(due)
    due.now -= 400 * DAY
    due.once(INSERT.format("the clock is right again"))
    collect(due)
    assert set(right.moments()) < set(due.moments())


def test_after_a_clock_that_was_ahead_for_one_pass_bases_are_made_again(due: Small) -> None:
    due.now += 400 * DAY
    due.once(INSERT.format("in a year"))
    due.now -= 400 * DAY
    for number in range(4):
        due.now += DAY
        due.once(INSERT.format(number))
    assert len(due.usable()) > 4
    due.as_live()


def test_after_a_clock_that_was_ahead_for_one_pass_times_are_right_again(due: Small) -> None:
    due.now += 400 * DAY
    due.once(INSERT.format("in a year"))
    due.now -= 400 * DAY
    due.once(INSERT.format("today"))
    today, image = due.now, due.live()
    due.now += HOUR
    due.once(INSERT.format("an hour later"))
    assert due.restored(at=today) == image


def test_a_clock_that_goes_back_loses_nothing(due: Small) -> None:
    """Not of the moments that there are, nor of those to come."""
    for back in (0.2 * DAY, DAY, 100 * DAY):
        due.now -= back
        due.once(INSERT.format(f"back {back}"))
        collect(due)
        due.once(INSERT.format("and on"))
    assert set(due.images) <= set(due.moments())
    due.as_live()
