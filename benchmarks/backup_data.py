"""A database like a Django app's, drawn from seeds: the same on every machine; and whether two are alike."""

from __future__ import annotations

import base64
import filecmp
import functools
import itertools
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random

SCHEMA = """
CREATE TABLE auth_user (id INTEGER PRIMARY KEY, username TEXT UNIQUE, email TEXT, password TEXT,
    last_login TEXT, is_active INTEGER);
CREATE TABLE django_session (session_key TEXT PRIMARY KEY, session_data TEXT, expire_date TEXT);
CREATE INDEX session_expires ON django_session (expire_date);
CREATE TABLE blog_entry (id INTEGER PRIMARY KEY, author_id INTEGER, title TEXT, body TEXT,
    created TEXT, views INTEGER);
CREATE INDEX entry_author ON blog_entry (author_id);
CREATE INDEX entry_created ON blog_entry (created);
"""
USERS, BATCH = 5000, 250
SYLLABLES = [c + v + e for c in "bdfgklmnprst" for v in "aeiou" for e in ("", "n", "r", "s")]


def text(rng: Random, count: int) -> str:
    """So many words, some of them often, as in a language."""
    words, weights = _language()
    return " ".join(rng.choices(words, cum_weights=weights, k=count))


@functools.cache
def _language() -> tuple[list[str], list[float]]:
    rng = Random(0)  # noqa: S311 - to be the same each time
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(1, 4))) for _ in range(20000)]
    # Zipf's law: a word's frequency is the inverse of its rank.
    return words, list(itertools.accumulate(1 / n for n in range(1, 20001)))


def grow(path: Path, megabytes: float) -> None:
    """Add to a database, or make it, until it has so many MB; a smaller one is how a larger one began."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            _begin(connection, 20 if megabytes < 2 else USERS)
        while size(connection) < megabytes * 1e6:
            _add(connection)
        connection.execute("PRAGMA wal_checkpoint(truncate)")


def size(connection: sqlite3.Connection) -> int:
    """Bytes of a database."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (each,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages * each)


def _begin(connection: sqlite3.Connection, users: int) -> None:
    connection.executescript(SCHEMA)
    rng = Random(1)  # noqa: S311
    connection.executemany(
        "INSERT INTO auth_user VALUES (?, ?, ?, ?, '2026-11-20 10:00:00', 1)",
        ((n, f"user{n}", f"user{n}@example.org", _password(rng)) for n in range(users)),
    )
    connection.commit()


def _password(rng: Random) -> str:
    return "pbkdf2_sha256$600000$" + base64.b64encode(rng.randbytes(48)).decode()


def _add(connection: sqlite3.Connection) -> None:
    """Add entries, and a tenth as many sessions."""
    (first,) = connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM blog_entry").fetchone()
    (users,) = connection.execute("SELECT MAX(id) + 1 FROM auth_user").fetchone()
    rng = Random(first)  # noqa: S311
    for number in range(first, first + BATCH):
        day = f"2026-{rng.randint(1, 11):02}-{rng.randint(1, 28):02} {rng.randint(0, 23):02}:00:00"
        entry = (
            number,
            rng.randrange(users),
            text(rng, 6),
            text(rng, rng.randint(20, 200)),
            day,
            0,
        )
        connection.execute("INSERT INTO blog_entry VALUES (?, ?, ?, ?, ?, ?)", entry)
        if number % 10 == 0:
            connection.execute("INSERT INTO django_session VALUES (?, ?, ?)", session(rng, day))
    connection.commit()


def session(rng: Random, expires: str) -> tuple[str, str, str]:
    """A session: key, data that look random, and when it expires."""
    return rng.randbytes(16).hex(), base64.b64encode(rng.randbytes(150)).decode(), expires


def copy(source: Path, target: Path) -> None:
    """Make a consistent copy of a live database, as one would for a tool that knows only files."""
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as made:
        live.backup(made)


def alike(one: Path, other: Path, folder: Path) -> bool:
    """Whether two databases, live ones among them, have the same pages; copies go through a folder."""
    copies = (folder / "one.copy", folder / "other.copy")
    for source, target in zip((one, other), copies, strict=True):
        copy(source, target)
    return filecmp.cmp(*copies, shallow=False)


def check(path: Path) -> None:
    """SQLite's quick_check, as `flipside-backup restore` makes it; it must say ok."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        (said,) = connection.execute("PRAGMA quick_check").fetchone()
    assert said == "ok", said  # noqa: S101 - a damaged restore is no measurement
