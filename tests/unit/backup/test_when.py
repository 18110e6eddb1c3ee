"""Moments as people write and read them, and which of those that are kept is meant."""

from __future__ import annotations

import time

import pytest

from flipside.backup import when
from flipside.backup.errors import BackupError
from flipside.backup.moment import Moment, Until
from flipside.backup.names import DATABASE, Epoch

EPOCH = Epoch(DATABASE, "ab" * 16, 3, "0a1b2c3d")
NOON = 1_767_268_800.0
"""2026-01-01, 12:00:00 in UTC."""


@pytest.fixture(params=["UTC", "Asia/Kolkata"])
def zone(request, monkeypatch):
    """A computer in each of two zones; how far ahead of UTC it is, in seconds."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield 0 if request.param == "UTC" else 19800
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("2026-01-01 12:00", 59.999999),
        ("2026-01-01T12:00", 59.999999),
        ("2026-01-01 12:00:00", 0.999999),
        ("2026-01-01 12:00:00.25", 0.25),
        ("2026-01-01", 43200 - 0.000001),
    ],
)
def test_what_is_not_said_more_closely_stands_for_its_end(zone, text, ends) -> None:
    assert when.parse(text) == pytest.approx(NOON - zone + ends, abs=1e-5)


def test_a_zone_that_is_said_counts(zone) -> None:
    assert int(when.parse("2026-01-01 12:00:00+00:00")) == NOON
    assert int(when.parse("2026-01-01 12:00:00Z")) == NOON
    assert int(when.parse("2026-01-01 14:00:00+02:00")) == NOON


@pytest.mark.parametrize("text", ["", "now", "12:00", "2026-13-01", "2026-01-01 25:00", "1.7"])
def test_what_is_no_moment_is_refused_with_how_to_write_one(text) -> None:
    with pytest.raises(BackupError, match="is no moment") as caught:
        when.parse(text)
    assert caught.value.where == "--at"
    assert "2026-11-20 14:03" in caught.value.next


def test_what_is_shown_is_read_as_the_same_second(zone) -> None:
    assert int(when.parse(when.show(NOON + 0.7))) == NOON


def moment(number: int, at: float) -> Moment:
    return Moment(EPOCH, number, at, 0)


def test_a_moment_goes_by_epoch_and_increment() -> None:
    assert moment(17, NOON).id == "3.17"


@pytest.mark.parametrize(
    "text", ["", "3", "3.", ".3", "0.1", "3.01", "3.-1", "3.1.1", "a.b", "³.1"]
)
def test_an_id_that_cannot_be_one_is_refused(text) -> None:
    with pytest.raises(BackupError, match="is no moment's id"):
        Until(id=text)


def test_an_id_means_one_moment_and_needs_those_before_it() -> None:
    until = Until(id="3.17")
    assert until.includes(moment(17, NOON))
    assert until.includes(moment(16, NOON))
    assert not until.includes(moment(18, NOON))
    assert [until.met_by(moment(number, NOON)) for number in (16, 17, 18)] == [False, True, False]
    assert until.may_be_in(EPOCH)
    assert not Until(id="4.17").may_be_in(EPOCH)


def test_a_time_means_the_last_moment_that_is_not_after_it() -> None:
    until = Until(at=NOON)
    assert until.met_by(moment(1, NOON))
    assert not until.includes(moment(2, NOON + 0.1))
    assert until.may_be_in(EPOCH)


def test_without_either_the_last_of_all_is_meant() -> None:
    assert Until().met_by(moment(99, 9e9))


def test_what_is_wanted_is_told_in_words(zone) -> None:
    assert str(Until()) == "at all"
    assert str(Until(id="3.17")) == "3.17"
    assert str(Until(at=NOON)) == f"until {when.show(NOON)}"
