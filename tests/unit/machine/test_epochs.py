"""Which snapshot a rollback has to put back, for all ways to get there."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.machine import epochs, journal
from flipside.machine.layout import Layout

WHERE = ("blog", "production")


@pytest.fixture
def snapshots(layout: Layout) -> Path:
    folder = layout.snapshots(*WHERE)
    folder.mkdir(parents=True)
    return folder


def held(layout: Layout, number: int, found: epochs.Epochs) -> None:
    """Commit a switch that held requests and took a snapshot."""
    copy = layout.snapshots(*WHERE) / str(number)
    copy.mkdir()
    entry: journal.Entry = {
        "previous": None,
        "generation": number,
        "snapshot": str(copy),
        "epochs": found,
    }
    epochs.settle(layout, *WHERE, entry)


def migrated(layout: Layout, number: int, old: str, new: str, back: Path | None = None) -> None:
    found = epochs.begun(epochs.read(layout, *WHERE), str(number), old, new, back)
    held(layout, number, found)


def test_releases_without_a_migration_between_share_the_databases(
    layout: Layout, snapshots: Path
) -> None:
    epochs.write(layout, *WHERE, epochs.joined({}, None, "1"))
    epochs.write(layout, *WHERE, epochs.joined(epochs.read(layout, *WHERE), "1", "2"))
    assert epochs.before(layout, *WHERE, "1") is None
    assert epochs.fits(layout, *WHERE, "1")


def test_before_a_migration_lies_its_snapshot(layout: Layout, snapshots: Path) -> None:
    """For the release that served then and for those that had served before it, but no others."""
    epochs.write(layout, *WHERE, epochs.joined({}, "1", "2"))
    migrated(layout, 3, "2", "3")
    epochs.write(layout, *WHERE, epochs.joined(epochs.read(layout, *WHERE), "3", "4"))
    assert epochs.before(layout, *WHERE, "1") == snapshots / "3"
    assert epochs.before(layout, *WHERE, "2") == snapshots / "3"
    assert epochs.before(layout, *WHERE, "3") is None
    assert epochs.before(layout, *WHERE, "unknown") is None


def test_back_and_forth(layout: Layout, snapshots: Path) -> None:
    """What was set aside by the rollback is what its release finds when it comes again."""
    migrated(layout, 2, "1", "2")
    migrated(layout, 3, "2", "1", epochs.before(layout, *WHERE, "1"))
    assert epochs.before(layout, *WHERE, "1") is None
    assert epochs.before(layout, *WHERE, "2") == snapshots / "3"
    assert [path.name for path in snapshots.iterdir()] == ["3"]


def test_steps_that_changed_nothing_begin_no_epoch(layout: Layout, snapshots: Path) -> None:
    """The copy that was taken for them is of no use, and the one before stays."""
    migrated(layout, 2, "1", "2")
    held(layout, 3, epochs.joined(epochs.read(layout, *WHERE), "2", "3"))
    assert [path.name for path in snapshots.iterdir()] == ["2"]
    assert epochs.before(layout, *WHERE, "2") is None
    assert epochs.before(layout, *WHERE, "1") == snapshots / "2"


def test_a_snapshot_that_is_gone_is_not_offered(layout: Layout, snapshots: Path) -> None:
    migrated(layout, 2, "1", "2")
    migrated(layout, 3, "2", "3")
    assert epochs.before(layout, *WHERE, "1") is None
    assert not epochs.fits(layout, *WHERE, "1")
