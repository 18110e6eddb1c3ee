"""What is done a few ahead: in order, not too far ahead, and what fails is told in its turn."""

from __future__ import annotations

import threading
import time

import pytest

from flipside.backup.fetch import AHEAD, ahead


def test_results_come_in_order_though_the_first_takes_longest() -> None:
    def slow(number: int) -> int:
        time.sleep(0.05 if number == 0 else 0)
        return number

    assert list(ahead(slow, range(20))) == list(range(20))


def test_no_more_are_held_than_a_few() -> None:
    begun = []
    results = ahead(begun.append, range(100))
    next(results)
    time.sleep(0.05)
    assert len(begun) <= AHEAD + 1
    results.close()
    assert len(begun) <= AHEAD + 1


def test_what_fails_is_raised_after_what_was_before_it_and_no_thread_stays() -> None:
    before = threading.active_count()
    results = ahead(lambda number: 1 // number, [2, 1, 0, 3])
    assert (next(results), next(results)) == (0, 1)
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert threading.active_count() == before
