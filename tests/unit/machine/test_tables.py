"""Which tables of a database hold what an app has written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from flipside.machine.tables import Table, fold, quoted, tables


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        yield made


def test_columns_keys_and_rowids(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE Entry (Id INTEGER PRIMARY KEY, Text, Size AS (length(Text)))")
    database.execute("CREATE TABLE pair (a, b, oid, PRIMARY KEY (b, a)) WITHOUT ROWID")
    assert tables(database, "main") == {
        b"entry": Table(
            "main", "Entry", {b"id": "Id", b"text": "Text"}, (b"id",), ("rowid", "_rowid_", "oid")
        ),
        b"pair": Table("main", "pair", {b"a": "a", b"b": "b", b"oid": "oid"}, (b"b", b"a"), ()),
    }


def test_what_is_sqlites_own_is_left_out(database: sqlite3.Connection) -> None:
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a)")
    database.execute("CREATE INDEX i ON t (a)")
    database.execute("CREATE VIEW v AS SELECT * FROM t")
    database.execute("INSERT INTO t (a) VALUES (1)")
    database.execute("ANALYZE")
    assert set(tables(database, "main")) == {b"t"}


@pytest.mark.parametrize("module", ["fts3", "fts4", "fts5"])
def test_full_text_tables_have_no_inner_ones(database: sqlite3.Connection, module: str) -> None:
    database.execute(f"CREATE VIRTUAL TABLE t USING {module} (a, b)")
    (found,) = tables(database, "main").values()
    assert (found.name, set(found.columns)) == ("t", {b"a", b"b"})


@pytest.mark.parametrize(("module", "content"), [("fts4", "content='t'"), ("fts5", "content='t'")])
def test_index_of_other_tables_rows_is_none(
    database: sqlite3.Connection, module: str, content: str
) -> None:
    """What it finds is in that table, and counted there."""
    database.execute("CREATE TABLE t (a)")
    database.execute(f"CREATE VIRTUAL TABLE found USING {module} (a, {content})")
    assert set(tables(database, "main")) == {b"t"}


def test_module_that_only_the_app_has(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA writable_schema = 1")
    sql = "CREATE VIRTUAL TABLE v USING nowhere (a)"
    row = ("table", "v", "v", 0, sql)
    database.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)
    database.execute("PRAGMA writable_schema = RESET")
    (found,) = tables(database, "main").values()
    assert found.problem == "no such module: nowhere"


def test_names_are_folded_as_sqlite_does(database: sqlite3.Connection) -> None:
    database.execute('CREATE TABLE "É" (a)')
    database.execute('CREATE TABLE "é" (a)')
    assert set(tables(database, "main")) == {fold("É"), fold("é")}
    assert fold("Ab") == fold("aB")


def test_any_name_can_be_quoted(database: sqlite3.Connection) -> None:
    for name in ('a "b" c', "it's", "x.y", "", "select", "]"):
        database.execute(f"CREATE TABLE {quoted(name)} (a)")
    for table in tables(database, "main").values():
        assert database.execute(f"SELECT count(*) FROM {table.source}").fetchone() == (0,)
