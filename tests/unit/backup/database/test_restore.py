"""A restore that is killed anywhere: what it was to replace is there whole, or what it brought back is."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from unit.backup.kill_points import CALLS, Points, die, in_child, killed, points
from unit.backup.small import FILL, INSERT, TABLE, Small, dumped

from flipside.backup.database.chains import find
from flipside.backup.database.restore import restore
from flipside.backup.errors import BackupError
from flipside.backup.moment import Until


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A database that was kept, and then written to by an app that was killed: its log is there."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    made = Small(tmp_path / "small")
    made.once(*TABLE, FILL.format(n=30))
    made.sql(INSERT.format("later"), "PRAGMA wal_checkpoint(truncate)")

    def app() -> None:
        connection = sqlite3.connect(made.path, isolation_level=None)
        connection.execute(INSERT.format("in the log alone"))
        die()

    assert in_child(app) == -signal.SIGKILL
    assert made.path.with_name("app.db-wal").stat().st_size
    return made


def replace(small: Small) -> None:
    chain = find(small.repository, small.name, Until(), small.keys)
    restore(chain, Until(), small.path, replace=True)


def contents(small: Small, folder: Path) -> list[list[str]]:
    """What an app finds in the database, and in each that is kept beside it; they stay as they are."""
    shutil.copytree(small.folder, folder)
    kept = [p for p in folder.glob("app.db.replaced-*") if not p.name.endswith(("-wal", "-shm"))]
    return [dumped(path) for path in (folder / "app.db", *kept)]


def test_what_was_replaced_is_kept_with_its_log(small: Small, tmp_path: Path) -> None:
    (old,) = contents(small, tmp_path / "before")
    replace(small)
    new, kept = contents(small, tmp_path / "after")
    assert kept == old
    assert "in the log alone" in str(old)
    assert "in the log alone" not in str(new)


def test_killed_anywhere_it_leaves_the_old_one_or_the_new_one(small: Small, tmp_path: Path) -> None:
    (old,) = contents(small, tmp_path / "before")
    whole = small.copy(tmp_path / "whole")
    count = points(lambda: replace(whole), tmp_path / "count")
    new = dumped(whole.path)
    for at in range(1, count + 1):
        copy = small.copy(tmp_path / str(at))
        killed(lambda copy=copy: replace(copy), at)
        found = contents(copy, tmp_path / f"{at} looked at")
        assert found[0] in (old, new)
        assert old in found
        replace(copy)
        assert dumped(copy.path) == new


def test_a_disk_that_fails_anywhere_leaves_the_old_one_or_the_new_one(small, tmp_path) -> None:
    (old,) = contents(small, tmp_path / "before")
    whole = small.copy(tmp_path / "whole")
    count = points(lambda: replace(whole), tmp_path / "count", (*CALLS, "fsync"))
    new = dumped(whole.path)

    def fails() -> None:
        raise OSError(5, "Input/output error")

    def run(copy: Small, at: int) -> None:
        Points(at, fails, (*CALLS, "fsync"))
        with pytest.raises(Exception, match="cannot write"):
            replace(copy)

    for at in range(1, count + 1):
        copy = small.copy(tmp_path / str(at))
        in_child(lambda copy=copy, at=at: run(copy, at))
        found = contents(copy, tmp_path / f"{at} looked at")
        assert found[0] in (old, new)
        assert old in found


def test_a_database_that_somebody_holds_is_not_replaced(small: Small, tmp_path: Path) -> None:
    before = contents(small, tmp_path / "before")
    with closing(sqlite3.connect(small.path, isolation_level=None)) as app:
        app.execute("BEGIN IMMEDIATE")
        app.execute(INSERT.format("on its way"))
        with pytest.raises(BackupError, match="somebody has the database open"):
            replace(small)
        app.execute("ROLLBACK")
    assert contents(small, tmp_path / "refused") == before
    replace(small)
    assert len(contents(small, tmp_path / "after")) == 2


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"x" * 8000])
def test_a_database_that_is_damaged_is_replaced_and_kept(small: Small, content: bytes) -> None:
    small.path.with_name("app.db-wal").unlink()
    small.path.with_name("app.db-shm").unlink()
    small.path.write_bytes(content)
    replace(small)
    (kept,) = small.folder.glob("app.db.replaced-*")
    assert kept.read_bytes() == content
