"""What would be lost if an earlier copy of an app's databases came back: rows are counted, never shown."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TypedDict

from flipside.errors import DeployError
from flipside.machine import snapshot
from flipside.machine.databases import find
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

    Each is copied first, in one go: whoever reads one in rollback-journal mode keeps the app from
    writing to it. What cannot be copied or read is said to be so, and no obstacle.

    Args:
        data: The app's data dir.
        kept: The snapshot; the copies are made beside it, and removed.

    Returns:
        Those that differ, sorted by their paths.

    Raises:
        DeployError: If the snapshot is not whole.
    """
    before = snapshot.databases(kept)
    now = [file.path for file in find(data) if not file.empty]
    folder = kept.with_name("compared")
    found = []
    for name in sorted({*now, *before}):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            found.append(_database(name, data, kept if name in before else None, folder))
            if not before.get(name, True):
                found[-1] |= {"tables": [], "problem": "its copy is damaged"}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return [
        each for each in found if any(each[key] for key in ("new", "gone", "tables", "problem"))
    ]


def _database(name: str, data: Path, kept: Path | None, folder: Path) -> DatabaseLoss:
    """Compare a database with its copy, if there is one; ``folder`` is for another copy."""
    live = data / name
    there = os.path.lexists(live) and live.lstat().st_size > 0
    found = DatabaseLoss(database=name, new=not kept, gone=not there, tables=[], problem=None)
    try:
        copy = _copied(live, folder / "live") if there else None
        found["tables"] = _compared(copy, kept and kept / name)
    except (DeployError, sqlite3.Error, OSError) as error:
        found["problem"] = str(error).splitlines()[0]
    return found


def _copied(live: Path, copy: Path) -> Path:
    if live.is_symlink() or not live.is_file():
        raise DeployError("what lies in its place is no file")
    if snapshot.copy_one(live, copy):
        raise DeployError("it is damaged")
    return copy


def _compared(live: Path | None, kept: Path | None) -> list[TableLoss]:
    sides = [_uri(path) for path in (live, kept) if path]
    with closing(sqlite3.connect(sides[0], uri=True)) as both:
        both.execute("PRAGMA trusted_schema = OFF")
        now, before = tables(both, "main"), dict[bytes, Table]()
        if live and kept:
            both.execute("ATTACH ? AS kept", [sides[1]])
            before = tables(both, "kept")
        return _tables(both, *((now, before) if live else (before, now)))


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
