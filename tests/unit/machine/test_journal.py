"""What a switch would have to undo is on disk before it does anything."""

from __future__ import annotations

from flipside.machine import journal
from flipside.machine.layout import Layout

ENTRY: journal.Entry = {"previous": None, "generation": 1, "snapshot": "/snapshots/1"}


def test_journal_is_read_back_until_cleared(layout: Layout) -> None:
    assert journal.read(layout, "blog", "production") is None
    journal.write(layout, "blog", "production", ENTRY)
    assert journal.read(layout, "blog", "production") == ENTRY
    assert journal.read(layout, "blog", "staging") is None
    for _ in range(2):
        journal.clear(layout, "blog", "production")
        assert journal.read(layout, "blog", "production") is None


def test_only_the_owner_may_read_it(layout: Layout) -> None:
    journal.write(layout, "blog", "production", ENTRY)
    assert journal.path(layout, "blog", "production").stat().st_mode & 0o777 == 0o600
