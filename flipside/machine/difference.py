"""How a table differs from an earlier copy of it, counted by SQLite without a row leaving it.

A row that both have under the same rowid, or the same primary key, is left out at once. Of the rest
each distinct row counts as often as the one side has it oftener than the other: duplicates count.
Values are equal as SQLite compares them byte by byte: 1 and 1.0 are, 'a' and 'A' are not. Each
collation is named, since one that only the app knows cannot be used.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from flipside.machine.tables import Table, quoted


class IncomparableError(Exception):
    """Two tables that have rows, but no column in common."""


class Difference(NamedTuple):
    """What a live table has, and has no more.

    Attributes:
        written: Rows added or changed: those with values, over the columns that both have, that no
            row of the copy has.
        deleted: Rows of the copy whose primary key is gone. Without such a key in both a changed
            row counts here, too.
        columns: Columns that the copy lacks, if there is any row.
    """

    written: int
    deleted: int
    columns: list[str]


def difference(database: sqlite3.Connection, live: Table | None, kept: Table | None) -> Difference:
    """Compare a table with its copy; None where there is none.

    Args:
        database: A connection that has both.
        live: The table as it is.
        kept: Its earlier copy.

    Raises:
        sqlite3.Error: If SQLite cannot read one of them, as without a module of the app's.
        IncomparableError: If no column is in both.
    """
    both = [key for key in live.columns if key in kept.columns] if live and kept else []
    if not live or not kept or not both:
        return _whole(_rows(database, live), _rows(database, kept))
    new = [name for key, name in live.columns.items() if key not in kept.columns]
    written, deleted = _surplus(database, live, kept, [live.columns[key] for key in both])
    if deleted and live.key and live.key == kept.key and set(live.key) <= set(both):
        key = [live.columns[each] for each in live.key]
        deleted = _surplus(database, live, kept, key)[1]
    return Difference(written, deleted, new if new and _rows(database, live) else [])


def _whole(live: int, kept: int) -> Difference:
    """Return the difference where no row of the one can be one of the other."""
    if live and kept:
        raise IncomparableError("the copy has none of its columns")
    return Difference(live, kept, [])


def _rows(database: sqlite3.Connection, table: Table | None) -> int:
    if not table:
        return 0
    return int(database.execute(f"SELECT count(*) FROM {table.source}").fetchone()[0])  # noqa: S608


def _surplus(
    database: sqlite3.Connection, live: Table, kept: Table, columns: list[str]
) -> tuple[int, int]:
    """Return how many rows only the live table has, and how many only the copy."""
    handle = _handle(live, kept)
    sides = [_rest(1, live, kept, columns, handle), _rest(-1, kept, live, columns, handle)]
    names = ", ".join(f"c{number}" for number in range(len(columns)))
    groups = f"SELECT sum(side) AS n FROM ({' UNION ALL '.join(sides)}) GROUP BY {names}"  # noqa: S608
    query = f"SELECT ifnull(sum(max(n, 0)), 0), ifnull(sum(max(-n, 0)), 0) FROM ({groups})"  # noqa: S608
    written, deleted = database.execute(query).fetchone()
    return int(written), int(deleted)


def _rest(side: int, mine: Table, other: Table, columns: list[str], handle: list[str]) -> str:
    """Return the query for the rows of one side that the other has not under the same handle."""
    values = ", ".join(f"{_value('x', name)} AS c{at}" for at, name in enumerate(columns))
    query = f"SELECT {side} AS side, {values} FROM {mine.source} AS x"  # noqa: S608
    if not handle:
        return query
    at = " AND ".join(f"y.{quoted(name)} = x.{quoted(name)}" for name in handle)
    one, two = (", ".join(_value(side, name) for name in columns) for side in "xy")
    same = f"SELECT 1 FROM {other.source} AS y WHERE {at} AND ({two}) IS ({one})"  # noqa: S608
    return f"{query} WHERE NOT EXISTS ({same})"


def _value(side: str, name: str) -> str:
    """Return a column's value without its affinity and its collation."""
    return f"+{side}.{quoted(name)} COLLATE BINARY"


def _handle(live: Table, kept: Table) -> list[str]:
    """Return what finds the counterpart of a row at once: no more than one; nothing if none does."""
    for name in live.rowids:
        if name in kept.rowids:
            return [name]
    if live.rowids or kept.rowids or not live.key or live.key != kept.key:
        return []
    return [live.columns[each] for each in live.key]
