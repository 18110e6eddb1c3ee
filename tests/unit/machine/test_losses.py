"""What is in live databases and not in their copy, database by database, while an app has them open."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine import losses, snapshot


def sql(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            database.execute(statement)


def table(name: str, written: int = 0, deleted: int = 0, **more: Any) -> dict[str, Any]:
    found = {"table": name, "new": False, "written": written, "deleted": deleted}
    return {**found, "columns": [], "problem": None, **more}


def database(name: str, *tables: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"database": name, "new": False, "gone": False, "tables": list(tables)}
    return {**found, "problem": None, **more}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    sql(
        folder / "app.db",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, text)",
        "CREATE TABLE other (a)",
        "INSERT INTO entry (text) VALUES ('a'), ('b'), ('c')",
    )
    sql(folder / "deep/old.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1)")
    return folder


@pytest.fixture
def kept(data: Path, tmp_path: Path) -> Path:
    into = tmp_path / "snapshots/2"
    snapshot.take(data, into)
    return into


def test_nothing(data: Path, kept: Path) -> None:
    assert losses.since(data, kept) == []
    assert [path.name for path in kept.parent.iterdir()] == ["2"]


def test_rows_by_table(data: Path, kept: Path) -> None:
    sql(
        data / "app.db",
        "INSERT INTO entry (text) VALUES ('d'), ('e')",
        "UPDATE entry SET text = 'x' WHERE id = 1",
        "DELETE FROM entry WHERE id = 2",
        "INSERT INTO other VALUES (1), (1)",
        "CREATE TABLE made AS SELECT 1 AS x",
        "CREATE TABLE empty (a)",
    )
    assert losses.since(data, kept) == [
        database(
            "app.db", table("entry", 3, 1), table("made", 1, new=True), table("other", 2)
        )
    ]  # fmt: skip


def test_databases_that_come_and_go(data: Path, kept: Path) -> None:
    """One without a row is named, since it would go; a file of 0 bytes is no database."""
    (data / "deep/old.db").unlink()
    (data / "app.db").write_bytes(b"")
    (data / "later.db").touch()
    sql(data / "new.db", "CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2)")
    sql(data / "bare.db", "CREATE TABLE t (a)")
    assert losses.since(data, kept) == [
        database("app.db", table("entry", deleted=3), gone=True),
        database("bare.db", new=True),
        database("deep/old.db", table("t", deleted=1), gone=True),
        database("new.db", table("t", 2, new=True), new=True),
    ]


def test_what_an_app_has_committed_counts_while_it_has_the_database_open(
    data: Path, kept: Path
) -> None:
    """Be it in a -wal yet; what it has not committed does not, and it can go on."""
    with closing(sqlite3.connect(data / "app.db", isolation_level=None)) as app:
        app.execute("INSERT INTO entry (text) VALUES ('committed')")
        app.execute("BEGIN IMMEDIATE")
        app.execute("INSERT INTO entry (text) VALUES ('not yet')")
        assert losses.since(data, kept) == [database("app.db", table("entry", 1))]
        app.execute("COMMIT")
        assert (data / "app.db-wal").stat().st_size > 0
    assert losses.since(data, kept) == [database("app.db", table("entry", 2))]


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_app_that_writes_meanwhile_loses_nothing(data: Path, kept: Path, mode: str) -> None:
    """And is told of no lock: it waits no longer than a copy takes."""
    sql(data / "app.db", f"PRAGMA journal_mode = {mode}")
    written, over = [], threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(data / "app.db", timeout=30, isolation_level=None)) as app:
            while not over.is_set() or len(written) < 10:
                app.execute("INSERT INTO other VALUES (?)", [len(written)])
                written.append(1)
                time.sleep(0.005)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            losses.since(data, kept)
    finally:
        over.set()
        writer.join()
    assert losses.since(data, kept) == [database("app.db", table("other", len(written)))]


@pytest.mark.parametrize("encoding", ["UTF-16le", "UTF-16be"])
def test_other_encodings(data: Path, tmp_path: Path, encoding: str) -> None:
    made = (f"PRAGMA encoding = '{encoding}'", "CREATE TABLE t (a)", "INSERT INTO t VALUES ('ä')")
    for name in ("utf.db", "gone.db"):
        sql(data / name, *made)
    snapshot.take(data, tmp_path / "3")
    (data / "gone.db").unlink()
    sql(data / "utf.db", "INSERT INTO t VALUES ('ö')")
    sql(data / "new.db", *made)
    assert losses.since(data, tmp_path / "3") == [
        database("gone.db", table("t", deleted=1), gone=True),
        database("new.db", table("t", 1, new=True), new=True),
        database("utf.db", table("t", 1)),
    ]


def test_damaged_database_is_said_to_be_and_no_obstacle(data: Path, kept: Path) -> None:
    """Going back may be just what mends it."""
    (data / "app.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    (data / "deep/old.db").write_bytes(b"garbage")
    assert losses.since(data, kept) == [
        database("app.db", problem="it is damaged"),
        database("deep/old.db", problem="it is damaged"),
    ]


def test_table_that_cannot_be_read_is_said_to_be(data: Path, tmp_path: Path) -> None:
    """Be it for what only the app knows, or for its columns; others of the database are compared."""
    with closing(sqlite3.connect(data / "app.db")) as app:
        app.create_collation("odd", lambda one, two: (one > two) - (one < two))
        app.execute("CREATE TABLE own (a TEXT COLLATE odd PRIMARY KEY) WITHOUT ROWID")
    snapshot.take(data, tmp_path / "3")
    sql(data / "app.db", "DELETE FROM entry")
    sql(data / "deep/old.db", "ALTER TABLE t RENAME COLUMN a TO b")
    app, old = losses.since(data, tmp_path / "3")
    entry, unknown = app["tables"]
    assert entry == table("entry", deleted=3)
    assert unknown == table("own", problem=unknown["problem"])
    assert unknown["problem"]
    assert old["tables"] == [table("t", problem="the copy has none of its columns")]


def test_values_are_nowhere_in_it(data: Path, kept: Path) -> None:
    sql(data / "app.db", "INSERT INTO entry (text) VALUES ('s3cret')", "CREATE TABLE s (a)")
    sql(data / "app.db", "INSERT INTO s VALUES ('s3cret')")
    assert "s3cret" not in str(losses.since(data, kept))


def test_database_that_is_locked_is_no_obstacle(data: Path, kept: Path) -> None:
    """It may be what is wrong with the release that is to go."""
    with closing(sqlite3.connect(data / "deep/old.db")) as app:
        app.execute("BEGIN EXCLUSIVE")
        (found,) = losses.since(data, kept)
    assert found == database(
        "deep/old.db", problem="cannot copy the database: database is locked"
    )  # fmt: skip


def test_link_in_the_place_of_a_database_is_not_followed(
    data: Path, kept: Path, tmp_path: Path
) -> None:
    (data / "app.db").rename(tmp_path / "app.db")
    (data / "app.db").symlink_to(tmp_path / "app.db")
    (found,) = losses.since(data, kept)
    assert found["problem"] == "what lies in its place is no file"


def test_copy_that_was_damaged_when_it_was_made(data: Path, tmp_path: Path) -> None:
    (data / "app.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    snapshot.take(data, tmp_path / "3", ["app.db"])
    (data / "app.db").unlink()
    sql(data / "app.db", "CREATE TABLE t (a)")
    assert losses.since(data, tmp_path / "3") == [
        database("app.db", problem="its copy is damaged")
    ]  # fmt: skip


def test_copy_that_a_killed_comparison_left_is_no_obstacle(data: Path, kept: Path) -> None:
    snapshot.take(data, kept.with_name("compared"))
    assert losses.since(data, kept) == []
    assert not kept.with_name("compared").exists()


def test_snapshot_that_is_not_whole(data: Path, kept: Path) -> None:
    with pytest.raises(DeployError, match="no complete snapshot"):
        losses.since(data, kept.with_name("9"))
    assert [path.name for path in kept.parent.iterdir()] == ["2"]
