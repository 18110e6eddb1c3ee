"""Rows that one table has and its copy has not, in real databases of every shape."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from flipside.machine.difference import Difference, IncomparableError, difference
from flipside.machine.tables import tables

Compare = Callable[..., Difference]
LATER = "later"


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    """Run statements on two databases, those behind `LATER` on the live one only; compare ``t``."""

    def run(*statements: str, functions: bool = False) -> Difference:
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        at = statements.index(LATER)
        for name, these in (("kept", statements[:at]), ("live", statements)):
            with closing(sqlite3.connect(folder / name, isolation_level=None)) as database:
                if functions:
                    database.create_collation("odd", lambda one, two: (one > two) - (one < two))
                for statement in these:
                    if statement != LATER:
                        database.execute(statement)
        with closing(sqlite3.connect(folder / "live")) as both:
            both.execute("ATTACH ? AS kept", [str(folder / "kept")])
            now, before = tables(both, "main"), tables(both, "kept")
            return difference(both, now.get(b"t"), before.get(b"t"))

    return run


def many(values: str, count: int = 100) -> str:
    """Insert so many rows; ``i`` counts from 1."""
    counted = f"WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    return f"INSERT INTO t {counted} SELECT {values} FROM n"


KEYED = ("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b)", many("i, 'row ' || i, NULL"))
PLAIN = ("CREATE TABLE t (a TEXT, b)", many("'row ' || i, NULL"))
WITHOUT = (
    "CREATE TABLE t (a TEXT, b INTEGER, c, PRIMARY KEY (a, b)) WITHOUT ROWID",
    many("'row', i, NULL"),
)
NULLABLE = ("CREATE TABLE t (a TEXT PRIMARY KEY, b)", many("'row ' || i, NULL"))


@pytest.mark.parametrize("made", [KEYED, PLAIN, WITHOUT, NULLABLE])
def test_nothing_was_written(compare: Compare, made: tuple[str, ...]) -> None:
    assert compare(*made, LATER) == (0, 0, [])


@pytest.mark.parametrize("made", [KEYED, PLAIN, NULLABLE])
def test_written_again_as_it_was_is_no_difference(compare: Compare, made: tuple[str, ...]) -> None:
    """Rowids may be others then, as after a VACUUM or in a table that a migration made anew."""
    anew = ("CREATE TABLE u AS SELECT * FROM t ORDER BY random()", "DELETE FROM t")
    assert compare(*made, LATER, *anew, "INSERT INTO t SELECT * FROM u") == (0, 0, [])


@pytest.mark.parametrize(
    ("made", "row"),
    [
        (KEYED, "(NULL, 'new', 1)"),
        (PLAIN, "('new', 1)"),
        (WITHOUT, "('new', 1, 1)"),
        (NULLABLE, "('new', 1)"),
    ],
)
def test_rows_are_added_and_deleted(compare: Compare, made: tuple[str, ...], row: str) -> None:
    add, delete = f"INSERT INTO t VALUES {row}", "DELETE FROM t WHERE a LIKE '%7' OR b = 7"
    gone = 1 if made is WITHOUT else 10
    assert compare(*made, LATER, add) == (1, 0, [])
    assert compare(*made, LATER, delete) == (0, gone, [])
    assert compare(*made, LATER, add, delete) == (1, gone, [])


def test_changed_row_of_a_key_that_stays_is_written_but_not_deleted(compare: Compare) -> None:
    assert compare(*KEYED, LATER, "UPDATE t SET a = 'x' WHERE id < 4") == (3, 0, [])
    assert compare(*WITHOUT, LATER, "UPDATE t SET c = 'x' WHERE b < 4") == (3, 0, [])
    assert compare(*NULLABLE, LATER, "UPDATE t SET b = 1 WHERE a = 'row 1'") == (1, 0, [])


def test_changed_key_is_a_row_written_and_one_deleted(compare: Compare) -> None:
    assert compare(*KEYED, LATER, "UPDATE t SET id = 1000 WHERE id = 1") == (1, 1, [])


def test_changed_row_without_a_key_counts_on_both_sides(compare: Compare) -> None:
    """Nothing tells it from one that was deleted and one that was written."""
    assert compare(*PLAIN, LATER, "UPDATE t SET a = 'x' WHERE a = 'row 1'") == (1, 1, [])


def test_replaced_row_is_the_same_row(compare: Compare) -> None:
    """REPLACE gives a row of a text key another rowid."""
    again = "REPLACE INTO t VALUES ('row 5', NULL)"
    assert compare(*NULLABLE, LATER, again) == (0, 0, [])
    assert compare(*NULLABLE, LATER, "REPLACE INTO t VALUES ('row 5', 1)") == (1, 0, [])


def test_each_of_several_equal_rows_counts(compare: Compare) -> None:
    three = ("CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (1), (1), (NULL), (NULL), (2)")
    assert compare(*three, LATER, "INSERT INTO t VALUES (1), (1), (NULL)") == (3, 0, [])
    assert compare(*three, LATER, "DELETE FROM t WHERE rowid IN (1, 2, 4)") == (0, 3, [])
    fewer = "DELETE FROM t WHERE rowid IN (1, 2)"
    assert compare(*three, LATER, fewer, "INSERT INTO t VALUES (1), (2)") == (1, 1, [])


def test_keys_that_are_null_are_each_a_row(compare: Compare) -> None:
    """SQLite allows many of them in a primary key that is no INTEGER."""
    nulls = ("CREATE TABLE t (a TEXT PRIMARY KEY, b)", "INSERT INTO t VALUES (NULL, 1), (NULL, 1)")
    assert compare(*nulls, LATER, "INSERT INTO t VALUES (NULL, 1)") == (1, 0, [])
    assert compare(*nulls, LATER, "DELETE FROM t WHERE rowid = 1") == (0, 1, [])


def test_blobs_are_compared_byte_by_byte(compare: Compare) -> None:
    made = ("CREATE TABLE t (a BLOB)", "INSERT INTO t VALUES (zeroblob(100000)), (x'00ff')")
    assert compare(*made, LATER) == (0, 0, [])
    other = "UPDATE t SET a = CAST(zeroblob(99999) || x'01' AS BLOB) WHERE rowid = 1"
    assert compare(*made, LATER, other) == (1, 1, [])
    assert compare(*made, LATER, "UPDATE t SET a = CAST(a AS TEXT) WHERE rowid = 2") == (1, 1, [])


def test_case_counts_whatever_the_column_says(compare: Compare) -> None:
    made = (
        "CREATE TABLE t (a TEXT PRIMARY KEY COLLATE NOCASE, b COLLATE RTRIM)",
        "INSERT INTO t VALUES ('Ann', 'x')",
    )
    assert compare(*made, LATER, "UPDATE t SET b = 'x  '").written == 1
    assert compare(*made, LATER, "UPDATE t SET a = 'ANN'").written == 1


def test_collation_that_only_the_app_knows(compare: Compare) -> None:
    made = (
        "CREATE TABLE t (a TEXT PRIMARY KEY COLLATE odd, b)",
        "CREATE INDEX i ON t (b, a)",
        many("'row ' || i, i"),
    )
    add = "INSERT INTO t VALUES ('new', 1)"
    change = "UPDATE t SET b = 0 WHERE a = 'row 1'"
    assert compare(*made, LATER, add, change, functions=True) == (2, 0, [])


def test_numbers_are_equal_as_sql_has_it(compare: Compare) -> None:
    """So a migration from whole to other numbers is none to rows; text is another value."""
    made = ("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "INSERT INTO t VALUES (1, 5), (2, 6)")
    assert compare(*made, LATER, "UPDATE t SET a = CAST(a AS REAL)") == (0, 0, [])
    assert compare(*made, LATER, "UPDATE t SET a = '5' WHERE id = 1") == (1, 0, [])


def test_migrated_columns_are_left_out_and_named(compare: Compare) -> None:
    add = "ALTER TABLE t ADD COLUMN c TEXT NOT NULL DEFAULT ''"
    row = "INSERT INTO t (a, c) VALUES ('new', 'value')"
    assert compare(*KEYED, LATER, add) == (0, 0, ["c"])
    assert compare(*KEYED, LATER, add, row) == (1, 0, ["c"])
    assert compare(*KEYED, LATER, "ALTER TABLE t DROP COLUMN b") == (0, 0, [])
    assert compare(*KEYED, LATER, "ALTER TABLE t RENAME COLUMN a TO A") == (0, 0, [])


def test_new_column_of_an_empty_table_is_nothing(compare: Compare) -> None:
    made = ("CREATE TABLE t (a)", LATER, "ALTER TABLE t ADD COLUMN b")
    assert compare(*made) == (0, 0, [])


def test_table_that_a_migration_made_anew(compare: Compare) -> None:
    """As Django does it; its rows are found by their values, whatever their rowids."""
    anew = (
        "CREATE TABLE new (key TEXT PRIMARY KEY, a TEXT, c INT DEFAULT 1)",
        "INSERT INTO new (key, a) SELECT 'k' || id, a FROM t ORDER BY id DESC",
        "DROP TABLE t",
        "ALTER TABLE new RENAME TO t",
    )
    assert compare(*KEYED, LATER, *anew) == (0, 0, ["key", "c"])
    assert compare(*KEYED, LATER, *anew, "UPDATE t SET a = 'x' WHERE key = 'k1'")[:2] == (1, 1)


def test_no_column_in_common(compare: Compare) -> None:
    """A rowid says nothing: it is given again. So nothing is said, unless the one has no row."""
    renamed = ("ALTER TABLE t RENAME COLUMN a TO x", "ALTER TABLE t RENAME COLUMN b TO y")
    with pytest.raises(IncomparableError, match="none of its columns"):
        compare(*PLAIN, LATER, *renamed)
    assert compare(*PLAIN, LATER, *renamed, "DELETE FROM t") == (0, 100, [])
    assert compare(PLAIN[0], LATER, *renamed, many("i, i", 5)) == (5, 0, [])


def test_generated_columns_follow_from_others(compare: Compare) -> None:
    made = (
        "CREATE TABLE t (a, b AS (a * 2), c AS (a * 3) STORED)",
        "INSERT INTO t (a) VALUES (1), (2)",
    )
    assert compare(*made, LATER, "UPDATE t SET a = 3 WHERE a = 1") == (1, 1, [])
    assert compare(*made, LATER, "ALTER TABLE t ADD COLUMN d AS (a + 1)") == (0, 0, [])


def test_names_that_need_quoting(compare: Compare) -> None:
    made = (
        'CREATE TABLE t ("say ""hi""" TEXT PRIMARY KEY, [a.b], "select", "", "x; --")',
        many("'row ' || i, 1, 2, 3, 4"),
    )
    change = 'UPDATE t SET "select" = 5 WHERE "say ""hi""" = \'row 1\''
    assert compare(*made, LATER, change) == (1, 0, [])


def test_columns_that_are_called_like_rowids(compare: Compare) -> None:
    one = ("CREATE TABLE t (rowid TEXT, oid TEXT)", "INSERT INTO t VALUES ('a', 'b'), ('a', 'b')")
    assert compare(*one, LATER, "INSERT INTO t VALUES ('a', 'b')") == (1, 0, [])
    every = (
        "CREATE TABLE t (rowid, oid, _rowid_)",
        "INSERT INTO t VALUES (1, 2, 3), (1, 2, 3), (1, 2, 4)",
    )
    change = "UPDATE t SET oid = 9 WHERE _rowid_ = 4"
    assert compare(*every, LATER, change) == (1, 1, [])


def test_more_columns_than_an_expression_may_be_deep(compare: Compare) -> None:
    columns = ", ".join(f"c{number}" for number in range(1500))
    made = (f"CREATE TABLE t ({columns})", "INSERT INTO t (c0, c1499) VALUES (1, 1), (2, 2)")
    assert compare(*made, LATER, "UPDATE t SET c1499 = 3 WHERE c0 = 2") == (1, 1, [])


def test_tables_of_many_rows(compare: Compare) -> None:
    made = ("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)", many("i, i % 10, 'x' || i", 200_000))
    changes = ("UPDATE t SET a = -1 WHERE id % 1000 = 0", "DELETE FROM t WHERE id % 5000 = 1")
    assert compare(*made, LATER, *changes) == (200, 40, [])


def test_full_text_table(compare: Compare) -> None:
    made = ("CREATE VIRTUAL TABLE t USING fts5 (body)", many("'text ' || i", 20))
    add = "INSERT INTO t VALUES ('new')"
    assert compare(*made, LATER, add, "DELETE FROM t WHERE rowid = 3") == (1, 1, [])


def test_table_of_places(compare: Compare) -> None:
    made = ("CREATE VIRTUAL TABLE t USING rtree (id, low, high)", many("i, i, i + 1", 20))
    assert compare(*made, LATER, "INSERT INTO t VALUES (99, 1, 2)") == (1, 0, [])


def test_table_that_only_one_has(compare: Compare) -> None:
    assert compare(LATER, *KEYED) == (100, 0, [])
    assert compare(*KEYED, LATER, "DROP TABLE t") == (0, 100, [])


def test_what_cannot_be_read_is_no_zero(compare: Compare) -> None:
    """Rows that SQLite keeps in the order of an unknown collation cannot be asked for."""
    made = (
        "CREATE TABLE t (a TEXT COLLATE odd PRIMARY KEY) WITHOUT ROWID",
        "INSERT INTO t VALUES (1)",
    )
    with pytest.raises(sqlite3.OperationalError):
        compare(*made, LATER, functions=True)
