"""Values that were read: what is not as it should be is refused, whatever it is."""

from __future__ import annotations

import math

import pytest

from flipside.backup import fields

ODD = [None, True, "1", 1.5, math.nan, math.inf, -math.inf, [], {}]


@pytest.mark.parametrize("value", [*ODD, -1, 1 << 63, 10**400], ids=lambda each: repr(each)[:9])
def test_what_is_no_whole_number_within_its_limits_is_refused(value) -> None:
    with pytest.raises(ValueError):
        fields.whole(value)


def test_whole_numbers_within_their_limits_are_taken() -> None:
    assert [fields.whole(each) for each in (0, (1 << 63) - 1)] == [0, (1 << 63) - 1]
    assert fields.nanoseconds(1 - (1 << 63)) == 1 - (1 << 63)
    for value in (-(1 << 63), 1 << 63):
        with pytest.raises(ValueError):
            fields.nanoseconds(value)


@pytest.mark.parametrize(
    "value",
    [*(each for each in ODD if each != 1.5), -1, 10**400, 1e300],
    ids=lambda each: repr(each)[:9],
)
def test_what_is_no_date_is_refused(value) -> None:
    with pytest.raises(ValueError):
        fields.moment(value)


def test_dates_lists_and_text_are_taken() -> None:
    assert [fields.moment(each) for each in (0, 1.5, fields.LATEST)] == [0.0, 1.5, fields.LATEST]
    assert (fields.several([1]), fields.text("")) == ([1], "")
    for read, value in (
        (fields.several, "x"),
        (fields.several, {}),
        (fields.text, 1),
        (fields.text, None),
    ):
        with pytest.raises(ValueError):
            read(value)


@pytest.mark.parametrize("value", [*ODD, "00", "0" * 63, "0" * 65, "A" * 64, "zz" * 32], ids=repr)
def test_what_is_no_digest_is_refused(value) -> None:
    with pytest.raises(ValueError):
        fields.digest(value)


def test_digests_and_truth_values_are_taken() -> None:
    assert fields.digest("0a" * 32) == b"\n" * 32
    assert [fields.flag(True), fields.flag(False)] == [True, False]
    for value in (0, 1, None, "true"):
        with pytest.raises(ValueError):
            fields.flag(value)
