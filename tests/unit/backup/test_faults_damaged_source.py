"""A database that is damaged: said, and never spread to what is kept."""

from __future__ import annotations

import os

import pytest
from unit.backup.small import FILL, INSERT, Small, attempted

from flipside.backup.database import writer
from flipside.backup.errors import BackupError, DamagedError

pytest_plugins = ["unit.backup.smalls"]


@pytest.mark.parametrize("at", [0, 4096 * 2, 4096 * 9])
def test_a_database_that_is_damaged_from_the_start_is_said_and_not_kept(small, at) -> None:
    small.sql(FILL.format(n=300), "PRAGMA journal_mode=delete")
    damage(small, at)
    for _ in range(2):
        with pytest.raises(BackupError):
            small.once()
    assert small.moments() == {}


def test_damage_that_comes_later_does_not_spread_to_what_was_kept(small) -> None:
    small.once(FILL.format(n=300), "PRAGMA journal_mode=delete")
    damage(small, 4096 * 5)
    small.now += writer.LOOK
    for _ in range(2):
        with pytest.raises(DamagedError, match="damaged"):
            small.once()
    assert small.moments() == small.images
    small.restored()


def test_damage_that_was_not_looked_at_yet_is_no_restore_and_costs_no_moment_before(small) -> None:
    small.once(FILL.format(n=300), "PRAGMA journal_mode=delete")
    small.once(INSERT.format("whole"))
    damage(small, 4096 * 5)
    small.once()
    assert isinstance(attempted(small.restored), DamagedError)
    assert small.restored(id="1.1") == small.images["1.1"]
    assert small.restored(at=small.now - 1) == small.images["1.1"]


def test_a_file_that_is_cut_is_said(small) -> None:
    small.once(FILL.format(n=300), "PRAGMA journal_mode=delete")
    os.truncate(small.path, small.path.stat().st_size // 2 + 100)
    small.now += writer.LOOK
    with pytest.raises(BackupError):
        small.once()
    assert small.moments() == small.images


def damage(small: Small, at: int) -> None:
    """Write over a page, as nobody should."""
    with small.path.open("rb+") as file:
        file.seek(at)
        file.write(b"\xff" * 4096)
