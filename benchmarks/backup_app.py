"""What an app writes: small edits as of a site in use, or data that cannot be compressed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from random import Random

from backup_data import session, text

Transaction = Callable[[sqlite3.Connection, Random, int], None]


def small(connection: sqlite3.Connection, rng: Random, number: int) -> None:
    """Count a view; one in three logs somebody in, one in five adds an entry."""
    (top,) = connection.execute("SELECT MAX(id) FROM blog_entry").fetchone()
    (users,) = connection.execute("SELECT MAX(id) + 1 FROM auth_user").fetchone()
    now = f"2026-11-21 10:{number // 60 % 60:02}:{number % 60:02}.{rng.randrange(10**6):06}"
    seen = rng.randint(1, top)
    connection.execute("UPDATE blog_entry SET views = views + 1 WHERE id = ?", (seen,))
    if number % 3 == 0:
        who = (now, rng.randrange(users))
        connection.execute("UPDATE auth_user SET last_login = ? WHERE id = ?", who)
        connection.execute("INSERT INTO django_session VALUES (?, ?, ?)", session(rng, now))
    if number % 5 == 0:
        entry = (rng.randrange(users), text(rng, 6), text(rng, 50), now)
        connection.execute("INSERT INTO blog_entry VALUES (NULL, ?, ?, ?, ?, 0)", entry)


def random(connection: sqlite3.Connection, rng: Random, number: int) -> None:
    """Add what cannot be compressed."""
    entry = (number % 20, rng.randbytes(20).hex(), rng.randbytes(1000), "2026-11-21 10:00:00")
    connection.execute("INSERT INTO blog_entry VALUES (NULL, ?, ?, ?, ?, 0)", entry)


class App:
    """An app that writes, with one connection that stays open.

    Args:
        path: The database.
        kind: What its transactions do.
    """

    def __init__(self, path: Path, kind: Transaction = small) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        # What Litestream advises, and what is usual in WAL mode.
        self._connection.execute("PRAGMA synchronous=normal")
        self._kind, self._rng, self._number = kind, Random(2), 0  # noqa: S311

    def work(self, count: int) -> None:
        """Commit so many transactions."""
        for _ in range(count):
            self._connection.execute("BEGIN IMMEDIATE")
            self._kind(self._connection, self._rng, self._number)
            self._connection.execute("COMMIT")
            self._number += 1

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
