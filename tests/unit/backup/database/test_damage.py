"""An image that SQLite finds damaged is refused, and what is to be done depends on whose it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flipside.backup.database.damage import refuse_restored, refuse_taken
from flipside.backup.errors import DamagedError


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    with closing(sqlite3.connect(path)) as app:
        app.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, text UNIQUE)")
        app.executemany("INSERT INTO entry (text) VALUES (?)", [(f"{n:0500}",) for n in range(99)])
        app.commit()
    return path


def damage(image: Path) -> None:
    with image.open("r+b") as file:
        file.seek(5 * 4096)
        file.write(b"\xff" * 4096)


def test_a_whole_one_is_taken_and_restored(image) -> None:
    refuse_taken(image, "app.db")
    refuse_restored(image, "db/1")


def test_a_damaged_live_one_leads_to_the_last_whole_one(image) -> None:
    damage(image)
    with pytest.raises(DamagedError, match="what is kept of it stays as it is") as caught:
        refuse_taken(image, "app.db")
    assert caught.value.where == "app.db"
    assert caught.value.next == "flipside-backup restore brings back the last whole one"


def test_a_damaged_restored_one_is_said_to_be_of_its_epoch(image) -> None:
    damage(image)
    with pytest.raises(DamagedError, match="finds the restored image damaged") as caught:
        refuse_restored(image, "db/1")
    assert caught.value.where == "db/1"
