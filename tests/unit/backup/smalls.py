"""A plugin: a small database that was not kept yet, and one that a day of was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from unit.backup.scenes import HOUR
from unit.backup.small import INSERT, TABLE, Small

from flipside.backup.database import source
from flipside.backup.retention import DAY


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A database with a row. Nothing waits for a disk, and not for long for who has it locked."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(source, "PATIENCE", 0.05)
    made = Small(tmp_path / "small")
    made.sql(*TABLE)
    return made


@pytest.fixture
def due(small: Small) -> Small:
    """A day of some hours, and the base of the next; the first is due for thinning."""
    small.once()
    for number in range(6):
        small.now += HOUR / 2
        small.once(INSERT.format(number))
    small.now += DAY
    small.once(INSERT.format("next day"))
    small.now += 1.1 * DAY
    return small
