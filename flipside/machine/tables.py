"""The tables of a database as far as their rows can be compared with another's."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass

_ROWID = ("rowid", "_rowid_", "oid")
_STORED = 0


@dataclass(frozen=True)
class Table:
    """One table. Names are known in lower case as SQLite folds them: only ASCII.

    Attributes:
        schema: The name of its database within the connection.
        name: Its name as it was written.
        columns: Its columns that hold values of their own, as they were written, by their names.
        key: The columns of its primary key, in order.
        rowids: What its rowids can be called; nothing where there are none.
        problem: Why it cannot be read, None if it can.
    """

    schema: str
    name: str
    columns: dict[bytes, str]
    key: tuple[bytes, ...] = ()
    rowids: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def source(self) -> str:
        """Return what names it in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"


def quoted(name: str) -> str:
    """Return a name as SQL takes it, whatever it is."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def fold(name: str) -> bytes:
    """Return a name as SQLite compares it."""
    return name.encode().lower()


def tables(database: sqlite3.Connection, schema: str) -> dict[bytes, Table]:
    """Return the tables that hold what an app has written, by their names.

    Left out are SQLite's own, the inner ones of virtual tables, and full-text indexes that have their
    texts from elsewhere. Needs SQLite 3.37: <https://sqlite.org/pragma.html#pragma_table_list>.

    Args:
        database: A connection.
        schema: The name of the database within it.

    Raises:
        sqlite3.Error: If it cannot be read.
    """
    query = "SELECT name, type, wr FROM pragma_table_list WHERE schema = ?"
    found = {fold(row[0]): row for row in database.execute(query, [schema])}
    return {
        key: _table(database, schema, name, rowids=not without)
        for key, (name, kind, without) in found.items()
        if kind in {"table", "virtual"}
        and not key.startswith(b"sqlite_")
        and not (kind == "virtual" and _is_index(key, found))
    }


def _is_index(key: bytes, known: Collection[bytes]) -> bool:
    """Return whether a full-text table keeps no texts: FTS5 has a _config, FTS3 and 4 a _segdir."""
    full_text = key + b"_config" in known or key + b"_segdir" in known
    return full_text and key + b"_content" not in known


def _table(database: sqlite3.Connection, schema: str, name: str, *, rowids: bool) -> Table:
    query = "SELECT name, hidden, pk FROM pragma_table_xinfo(?, ?)"
    try:
        columns = database.execute(query, [name, schema]).fetchall()
    except sqlite3.Error as error:  # a module, or a tokenizer, that only the app has
        return Table(schema, name, {}, problem=str(error))
    taken = {fold(column) for column, _, _ in columns}
    free = [each for each in _ROWID if rowids and fold(each) not in taken]
    ordered = sorted((pk, fold(column)) for column, _, pk in columns if pk)
    stored = {fold(column): column for column, hidden, _ in columns if hidden == _STORED}
    return Table(schema, name, stored, tuple(column for _, column in ordered), tuple(free))
