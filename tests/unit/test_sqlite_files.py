"""What is known of SQLite's files is what SQLite does."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from flipside.sqlite_files import BESIDE, MAGIC


def beside(path: Path, mode: str) -> set[str]:
    """Write in a transaction that is not over; return what lies beside the database then."""
    with closing(sqlite3.connect(path)) as app:
        app.execute(f"PRAGMA journal_mode={mode}")
        app.execute("CREATE TABLE one (x)")
        app.execute("INSERT INTO one VALUES (1)")
        assert app.in_transaction
        return {each.name.removeprefix(path.name) for each in path.parent.iterdir()} - {""}


def test_a_database_begins_and_what_lies_beside_it_ends_so(tmp_path: Path) -> None:
    for folder in ("wal", "delete"):
        (tmp_path / folder).mkdir()
    found = beside(tmp_path / "wal/app.db", "wal") | beside(tmp_path / "delete/app.db", "delete")
    assert found == set(BESIDE)
    assert (tmp_path / "wal/app.db").read_bytes().startswith(MAGIC)
