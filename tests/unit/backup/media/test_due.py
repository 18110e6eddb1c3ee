"""Which moments are kept."""

from __future__ import annotations

import random

import pytest

from flipside.backup.media.due import HOUR, due
from flipside.backup.moment import Moment
from flipside.backup.names import FILES, Epoch
from flipside.backup.retention import DAY, Retention

EPOCHS = [Epoch(FILES, "0" * 32, number, "0" * 8) for number in (1, 2)]


def kept(times: list[float], now: float) -> list[float]:
    """The times of the moments that stay; those of the second half are another epoch's."""
    half = len(times) // 2
    moments = [Moment(EPOCHS[n >= half], n, at, 1) for n, at in enumerate(times)]
    gone = due(moments, now, Retention())
    return [each.at for each in moments if each not in gone]


def test_all_of_a_day_then_one_an_hour_then_one_a_day_then_none_but_the_newest() -> None:
    now = 1000 * DAY + 7 * HOUR
    times = [now - minutes * 60 for minutes in range(0, 40 * 24 * 60, 10)][::-1]
    stay = kept(times, now)
    ages = [now - at for at in stay]
    assert [age for age in ages if age <= DAY] == [age * 600.0 for age in range(144, -1, -1)]
    hours = [at for at in stay if DAY < now - at <= 7 * DAY]
    assert len(hours) == len({at // HOUR for at in hours}) == 6 * 24
    assert all(at + 600 in (at // HOUR * HOUR + HOUR, now - DAY) for at in hours)
    days = [at for at in stay if now - at > 7 * DAY]
    assert len(days) == len({at // DAY for at in days}) == 23
    assert max(ages) <= 30 * DAY


def test_the_newest_stays_whatever_its_age() -> None:
    assert kept([5.0], 1000 * DAY) == [5.0]
    assert kept([5.0, 6.0], 1000 * DAY) == [6.0]
    assert kept([], 1000 * DAY) == []
    assert kept([5.0, 6.0], 0.0) == [5.0, 6.0]  # a clock that was set back


@pytest.mark.parametrize("seed", range(20))
def test_what_stays_once_stays_as_long_as_it_would_have_if_nobody_had_collected(seed) -> None:
    """Thinning in steps, whenever somebody comes by, keeps what thinning at the end would."""
    chance = random.Random(seed)
    times = sorted(chance.uniform(0, 50 * DAY) for _ in range(400))
    there: list[float] = []
    for now in sorted(chance.uniform(0, 50 * DAY) for _ in range(60)):
        there = sorted({*there, *(at for at in times if at <= now)} & {*kept_until(times, now)})
        wanted = kept([at for at in times if at <= now], now)
        assert set(wanted) <= set(there)
        there = kept(there, now)
        assert there == wanted


def kept_until(times: list[float], now: float) -> list[float]:
    return [at for at in times if at <= now]
