"""A database in any condition: locked, damaged, half written by who was killed, made anew, reshaped."""

from __future__ import annotations

import random
import signal
import sqlite3
from contextlib import closing

import pytest
from unit.backup.apps import app
from unit.backup.kill_points import die, in_child
from unit.backup.small import FILL, INSERT, TABLE, Small

from flipside.backup.database import steps
from flipside.backup.errors import BackupError

pytest_plugins = ["unit.backup.smalls"]


def whole(small: Small) -> None:
    """Assert that each moment is there as it was, and the last one as live."""
    assert small.moments() == small.images
    small.as_live()


MODES = ("wal", "delete", "truncate", "persist", "memory", "off")
LOCKED = {
    "exclusively": ("PRAGMA journal_mode=delete", "BEGIN EXCLUSIVE"),
    "while it commits": (
        "PRAGMA journal_mode=delete",
        "PRAGMA cache_size=2",
        "BEGIN",
        FILL.format(n=99),
    ),
    "by one alone": (
        "PRAGMA locking_mode=exclusive",
        "PRAGMA journal_mode=delete",
        FILL.format(n=9),
    ),
    "by one alone with a log": ("PRAGMA locking_mode=exclusive", INSERT.format("x")),
}


@pytest.mark.parametrize("statements", LOCKED.values(), ids=LOCKED)
def test_a_database_that_is_locked_is_said_and_kept_once_it_is_free(small, statements) -> None:
    small.once()
    small.once(INSERT.format("before"))
    with app(small.path, *statements):
        with pytest.raises(BackupError, match="database is locked"):
            small.once()
        assert small.moments() == small.images
    small.once(INSERT.format("after"))
    whole(small)


def test_of_a_transaction_that_is_not_committed_nothing_is_kept(small) -> None:
    small.once()
    statements = ("PRAGMA cache_size=2", "BEGIN EXCLUSIVE", FILL.format(n=99))
    with app(small.path, *statements) as execute:
        small.once()
        rows = "SELECT count(*) FROM entry"
        assert execute(rows) == [(100,)]
        small.restored()
        with closing(sqlite3.connect(small.folder / "restored.db")) as copy:
            assert copy.execute(rows).fetchone() == (1,)
        execute("COMMIT")
    small.once()
    whole(small)


@pytest.mark.parametrize("mode", ["wal", "delete", "truncate", "persist"])
@pytest.mark.parametrize("when", ["within", "after a commit"])
def test_what_a_killed_writer_left_is_rolled_back(small, mode, when) -> None:
    small.once(f"PRAGMA journal_mode={mode}", FILL.format(n=50))
    before = small.live()

    def killed() -> None:
        app = sqlite3.connect(small.path, isolation_level=None)
        app.execute("PRAGMA cache_size=2")
        if when == "after a commit":
            app.execute(INSERT.format("committed"))
        app.execute("BEGIN")
        app.execute(FILL.format(n=300))
        app.execute("UPDATE entry SET body = 'changed'")
        die()

    assert in_child(killed) == -signal.SIGKILL
    small.once()
    rows = 52 if when == "after a commit" else 51
    small.restored()
    with closing(sqlite3.connect(small.folder / "restored.db")) as copy:
        assert copy.execute("SELECT count(*) FROM entry").fetchone() == (rows,)
    assert rows == 52 or small.live() == before
    small.once(INSERT.format("later"))
    whole(small)


@pytest.mark.parametrize("seed", range(3))
def test_each_journal_mode_page_size_and_shape_after_each_other(small, monkeypatch, seed) -> None:
    monkeypatch.setattr(steps, "most", lambda page_size: 7)
    chance = random.Random(seed)
    for _ in range(50):
        mode, size = chance.choice(MODES), 512 << chance.randrange(8)
        vacuum = chance.choice(("none", "full", "incremental"))
        change = chance.choice(
            (
                (f"PRAGMA journal_mode={mode}",),
                ("PRAGMA journal_mode=delete", f"PRAGMA page_size={size}", "VACUUM"),
                (f"PRAGMA auto_vacuum={vacuum}", "VACUUM", "DELETE FROM entry WHERE id % 2"),
                ("DELETE FROM entry WHERE id > 1", "PRAGMA incremental_vacuum(5)"),
                ("DELETE FROM entry", "VACUUM", FILL.format(n=30)),
                (FILL.format(n=chance.randrange(200)),),
                ("INSERT INTO entry (body) VALUES (randomblob(200000))",),
                ("CREATE INDEX IF NOT EXISTS bodies ON entry (body)",),
                ("DROP INDEX IF EXISTS bodies", "PRAGMA user_version=7"),
            )
        )
        with app(small.path, *change):
            small.once()
        if chance.random() < 0.2:
            small.writer = small.agent()
    small.once()
    whole(small)


def test_a_database_that_another_took_the_place_of(small, tmp_path) -> None:
    small.once("PRAGMA journal_mode=delete", FILL.format(n=50))
    for size in (4096, 4096, 1024):
        other = tmp_path / "other.db"
        with closing(sqlite3.connect(other, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA page_size={size}")
            connection.execute(TABLE[1])
            connection.execute(INSERT.format("another file"))
        other.rename(small.path)
        assert small.once()
        small.once(INSERT.format("in it"))
    whole(small)


def test_a_database_that_is_deleted_between_passes_and_made_anew(small) -> None:
    small.once("PRAGMA journal_mode=delete")
    for number in range(3):
        small.path.unlink()
        with pytest.raises(BackupError, match="cannot read"):
            small.once()
        assert not small.path.exists()
        small.once(TABLE[1], INSERT.format(number), FILL.format(n=number * 20))
    whole(small)


def test_an_empty_file_is_a_database_without_tables(small) -> None:
    small.once()
    for suffix in ("", "-wal", "-shm"):
        small.path.with_name(f"app.db{suffix}").unlink(missing_ok=True)
    small.path.touch()
    small.once()
    assert small.restored() == small.live()
    small.once("PRAGMA page_size=512", TABLE[1], INSERT.format("again"))
    whole(small)
