"""The drill: every database restored to a scratch file, and compared with the live one, row by row counted."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.backup import proof
from flipside.backup.database.chains import find
from flipside.backup.database.restore import restore
from flipside.backup.database.writer import Writer
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.keys import Keys
from flipside.backup.local import Local
from flipside.backup.moment import Until
from flipside.backup.scratch import scratch
from flipside.errors import FlipsideError
from flipside.machine.integrity import faults

Rows = dict[str, int]
"""How many rows each table has."""
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_PLAIN = f"{_TABLES} AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"


@dataclass(frozen=True)
class Drilled:
    """What a drill found of one database.

    Attributes:
        name: The database's.
        moment: The id of the moment that was restored.
        rows: How many rows each table has, restored and live alike.
        seconds: What the restore took, with all checks.
        error: Why it failed.
    """

    name: str
    moment: str | None = None
    rows: Rows | None = None
    seconds: float = 0.0
    error: FlipsideError | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return vars(self) | {"error": self.error and self.error.as_dict()}


def drill(local: Local, writer: Writer, keys: Keys) -> Drilled:
    """Bring the repository up to date, restore a database from it, and compare; remember the proof."""
    begun = time.monotonic()
    try:
        with local.writing():
            writer.once(look=rows)
            until, live = Until(id=writer.moment), writer.source.looked
        chain = find(local.repository, writer.name, until, keys)
        with scratch(writer.state.folder) as folder:
            copy = folder / "copy"
            done = restore(chain, until, copy, replace=False)
            found = _whole(copy)
        if found != live:
            raise DamagedError(f"restored are other rows than live: {_differing(found, live)}")
        made = proof.Proof(chain.epoch.label, done.moment.id, done.moment.at, time.time())
        proof.keep(writer.state.folder, made)
    except FlipsideError as error:
        return Drilled(writer.name, error=error)
    except OSError as error:
        what = f"the drill could not go on: {error.strerror}"
        return Drilled(writer.name, error=BackupError(what, error.filename, "make room there"))
    return Drilled(writer.name, done.moment.id, found, time.monotonic() - begun)


def rows(connection: sqlite3.Connection) -> Rows:
    """Return how many rows each ordinary table has."""
    names = [name for (name,) in connection.execute(_PLAIN).fetchall()]
    return {name: _count(connection, name) for name in names}


def _count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    (found,) = connection.execute(f'SELECT count(*) FROM "{quoted}" NOT INDEXED').fetchone()  # noqa: S608 - quoted
    return int(found)


def _whole(copy: Path) -> Rows:
    """Return the rows of a restored copy. Raises DamagedError if SQLite finds anything wrong with it."""
    if found := faults(copy, thorough=True):
        raise DamagedError(f"SQLite finds the restored image damaged: {found[0]}", str(copy))
    source = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(source, uri=True)) as connection:
        return rows(connection)


def _differing(restored: Rows, live: Rows) -> str:
    names = sorted({*restored, *live})
    return ", ".join(
        f"{name} {restored.get(name, 0)} for {live.get(name, 0)}"
        for name in names
        if restored.get(name) != live.get(name)
    )
