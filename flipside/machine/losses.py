"""What would be lost if an earlier copy of an app's databases came back: rows are counted, never shown."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from flipside.machine import snapshot
from flipside.machine.difference import Difference, IncomparableError, difference
from flipside.machine.tables import Table, tables


class TableLoss(TypedDict):
    """A table that differs.

    ``new`` says that only the live database has it. ``written`` and ``deleted`` are numbers of rows,
    ``columns`` the names of new columns: see `flipside.machine.difference.Difference`. ``problem`` says
    why it cannot be compared, None if it can.
    """

    table: str
    new: bool
    written: int
    deleted: int
    columns: list[str]
    problem: str | None


class DatabaseLoss(TypedDict):
    """A database that differs: ``new`` or ``gone`` if only one side has it; ``problem`` as above."""

    database: str
    new: bool
    gone: bool
    tables: list[TableLoss]
    problem: str | None


def since(data: Path, kept: Path) -> list[DatabaseLoss]:
    """Compare the databases of an app that may run with a snapshot of them.

    They are copied first, each in one go: whoever reads one in rollback-journal mode keeps the app
    from writing to it.

    Args:
        data: The app's data dir.
        kept: The snapshot; the copy is made beside it, and removed.

    Returns:
        Those that differ, sorted by their paths.

    Raises:
        DeployError: If a database is locked, the snapshot is not whole, or the disk is full.
    """
    copy = kept.with_name("compared")
    shutil.rmtree(copy, ignore_errors=True)
    try:
        snapshot.take(data, copy, snapshot.databases(kept))
        return compare(copy, kept)
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def compare(live: Path, kept: Path) -> list[DatabaseLoss]:
    """Compare two snapshots; see `since`."""
    now, before = snapshot.databases(live), snapshot.databases(kept)
    found = []
    for name in sorted(now | before):
        one = _database(name, live if name in now else None, kept if name in before else None)
        if not (now.get(name, True) and before.get(name, True)):
            one |= {"tables": [], "problem": "it is damaged"}
        found.append(one)
    return [
        each for each in found if any(each[key] for key in ("new", "gone", "tables", "problem"))
    ]


def _database(name: str, live: Path | None, kept: Path | None) -> DatabaseLoss:
    """Compare a database in one folder with that in another; None where it is in one only."""
    found = DatabaseLoss(database=name, new=not kept, gone=not live, tables=[], problem=None)
    sides = [_uri(folder / name) for folder in (live, kept) if folder]
    try:
        with closing(sqlite3.connect(sides[0], uri=True)) as both:
            both.execute("PRAGMA trusted_schema = OFF")
            now, before = tables(both, "main"), dict[bytes, Table]()
            if live and kept:
                both.execute("ATTACH ? AS kept", [sides[1]])
                before = tables(both, "kept")
            found["tables"] = _tables(both, *((now, before) if live else (before, now)))
    except sqlite3.Error as error:
        found["problem"] = str(error)
    return found


def _uri(path: Path) -> str:
    """Return what opens a copy that nobody writes to, so that nothing appears beside it."""
    return f"{path.absolute().as_uri()}?mode=ro&immutable=1"


def _tables(
    both: sqlite3.Connection, live: dict[bytes, Table], kept: dict[bytes, Table]
) -> list[TableLoss]:
    """Return the tables that differ, by their names."""
    found = [_table(both, live.get(key), kept.get(key)) for key in sorted(live | kept)]
    return [
        each
        for each in found
        if each["written"] or each["deleted"] or each["columns"] or each["problem"]
    ]


def _table(both: sqlite3.Connection, live: Table | None, kept: Table | None) -> TableLoss:
    sides = [each for each in (live, kept) if each]
    problem = next((each.problem for each in sides if each.problem), None)
    found = Difference(0, 0, [])
    try:
        found = found if problem else difference(both, live, kept)
    except (sqlite3.Error, IncomparableError) as error:
        problem = str(error)
    return {
        "table": sides[0].name,
        "new": not kept,
        "written": found.written,
        "deleted": found.deleted,
        "columns": found.columns,
        "problem": problem,
    }
