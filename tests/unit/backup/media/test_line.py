"""A moment comes after the one before."""

from __future__ import annotations

from flipside.backup.when import SKEW


def test_a_clock_that_goes_back_puts_no_moment_before_another(world) -> None:
    world.write("a")
    first = world.once().at
    world.now -= SKEW / 2
    world.write("b")
    assert world.once().at > first
    world.writer = world.agent()
    world.write("c")
    assert world.once().at > first
    world.whole()
