"""What SQLite finds wrong with a file that nobody writes to."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

# What quick_check says about values, not about the file: an app may live with these.
_ABOUT_VALUES = re.compile(r"(NULL|NUMERIC|TEXT|BLOB|INT|REAL|non-\w+) value|CHECK constraint")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def faults(copy: Path, *, thorough: bool = False) -> list[str]:
    """Return what ``PRAGMA quick_check`` finds damaged, in lines; nothing of a file of 0 bytes.

    What it cannot know (unknown collations) it lets pass.

    Args:
        copy: A database that no process writes to, and that nothing belongs to beside it.
        thorough: Whether ``integrity_check`` is to look, which compares indexes with tables, too.
    """
    if not copy.stat().st_size:
        return []
    source = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"  # immutable: no -wal beside the copy
    pragma = "integrity_check" if thorough else "quick_check"
    with closing(sqlite3.connect(source, uri=True)) as connection:
        try:
            rows = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}")]
        except sqlite3.DatabaseError as error:
            rows = [str(error)] if error.sqlite_errorcode & 0xFF in _DAMAGED else []
    lines = [line for row in rows for line in row.splitlines()]
    return [line for line in lines if line != "ok" and not _ABOUT_VALUES.match(line)]
