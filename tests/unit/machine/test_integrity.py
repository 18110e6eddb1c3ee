"""What SQLite finds wrong with a file, and what of that is no damage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flipside.errors import MachineError
from flipside.machine import users
from flipside.machine.integrity import faults
from flipside.machine.layout import Layout

FILL = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < 500)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database of some pages, with an index."""
    made = tmp_path / "app.db"
    run(made, "CREATE TABLE entry (body TEXT)", "CREATE INDEX by_body ON entry (body)",
        f"INSERT INTO entry {FILL} SELECT hex(randomblob(50)) FROM n")  # fmt: skip
    return made


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.create_collation("odd", lambda one, other: (one > other) - (one < other))
        for each in statements:
            connection.execute(each)


def test_a_whole_database_has_no_faults_and_nothing_appears_beside_it(path: Path) -> None:
    run(path, "PRAGMA journal_mode=wal")
    assert faults(path) == []
    assert [each.name for each in path.parent.iterdir()] == ["app.db"]


def test_a_file_of_no_bytes_is_a_database(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert faults(tmp_path / "empty") == []


def test_an_overwritten_page_is_found(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 4] = b"\xa5" * 4096
    path.write_bytes(data)
    assert faults(path) != []


def test_a_cut_file_is_found(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 4096 * 3])
    assert faults(path) != []


def test_what_is_no_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all" * 100)
    assert faults(tmp_path / "text") == ["file is not a database"]


def test_values_that_break_the_tables_own_rules_are_the_apps_affair(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    schema = "CREATE TABLE entry (x NOT NULL, y CHECK (y > 0))"
    run(path, "CREATE TABLE entry (x, y)", "INSERT INTO entry VALUES (NULL, -1)",
        "PRAGMA writable_schema=1", f"UPDATE sqlite_master SET sql = '{schema}'")  # fmt: skip
    assert faults(path) == []


def test_a_collation_that_only_the_app_has_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    run(path, "CREATE TABLE entry (x COLLATE odd)", "CREATE INDEX by_x ON entry (x)",
        "INSERT INTO entry VALUES ('a'), ('b')")  # fmt: skip
    assert faults(path) == []


def test_on_a_local_platform_no_app_has_a_user(layout: Layout) -> None:
    assert users.existing(layout, "blog") is None


def test_an_apps_user_that_is_missing_is_never_replaced_by_root(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Layout, "is_local", False)
    with pytest.raises(MachineError, match="user app-blog is missing") as caught:
        users.existing(layout, "blog")
    assert caught.value.next == "flipside platform.apply"
