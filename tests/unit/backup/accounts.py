"""A database that several processes write to as fast as they can, and what must hold in it."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from unit.backup.kill_points import in_child

TABLES = (
    "CREATE TABLE first (id INTEGER PRIMARY KEY, value INTEGER, body BLOB)",
    "CREATE TABLE second (id INTEGER PRIMARY KEY, value INTEGER, body BLOB)",
    "CREATE TABLE done (writer INTEGER PRIMARY KEY, count INTEGER)",
    (
        "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < 200)"
        " INSERT INTO first SELECT x, 100, randomblob(300) FROM n"
    ),
    "INSERT INTO second SELECT id, -value, randomblob(300) FROM first",
)
CHECKPOINTS = ("passive", "full", "restart", "truncate")


def holds(path: Path) -> bool:
    """Whether what is in one table is missing in the other, as after each transaction."""
    with closing(sqlite3.connect(path)) as copy:
        sums = copy.execute(
            "SELECT (SELECT sum(value) FROM first), (SELECT sum(value) FROM second),"
            " (SELECT count(*) FROM first), (SELECT count(*) FROM second)"
        ).fetchone()
        checked = copy.execute("PRAGMA integrity_check").fetchall()
    return sums[0] == -sums[1] and sums[2] == sums[3] and checked == [("ok",)]


def counted(path: Path) -> dict[int, int]:
    """How many transactions of each writer a database has."""
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT writer, count FROM done"))


@contextmanager
def written(path: Path, writers: int) -> Iterator[None]:
    """Have processes write; each notes beside the database what was committed, and then ends."""
    children = [_start(path, number) for number in range(writers)]
    try:
        for number in range(writers):  # all of them have begun
            while not _noted(path, number):
                assert os.waitpid(children[number], os.WNOHANG) == (0, 0)
        yield
    finally:
        path.with_name("stop").touch()
        ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        path.with_name("stop").unlink()
    assert ends == [0] * writers


def acknowledged(path: Path, writers: int) -> dict[int, int]:
    """How many transactions each writer was told are committed."""
    return {number: _noted(path, number) for number in range(writers)}


def _noted(path: Path, number: int) -> int:
    note = path.with_name(f"done-{number}")
    return note.stat().st_size if note.exists() else 0


def _start(path: Path, number: int) -> int:
    child = os.fork()
    if not child:
        signal.alarm(120)  # should the test itself be killed
        os._exit(in_child(lambda: _write(path, number)))
    return child


def _write(path: Path, number: int) -> None:
    chance, count = random.Random(number), 0
    with path.with_name(f"done-{number}").open("ab", buffering=0) as note:
        while not path.with_name("stop").exists():
            with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous=off")
                for _ in range(chance.randrange(1, 40)):
                    count += 1
                    _transaction(connection, chance, number, count)
                    note.write(b".")
                if chance.random() < 0.3:
                    connection.execute(f"PRAGMA wal_checkpoint({chance.choice(CHECKPOINTS)})")


def _transaction(
    connection: sqlite3.Connection, chance: random.Random, number: int, count: int
) -> None:
    amount, row = chance.randrange(1000), chance.randrange(1, 400)
    connection.execute("BEGIN IMMEDIATE")
    for table, value in (("first", amount), ("second", -amount)):
        if chance.random() < 0.5:
            connection.execute(
                f"UPDATE {table} SET body = randomblob(200) WHERE id % 40 = {row % 40}"
            )
        connection.execute(
            f"INSERT INTO {table} VALUES ({row}, {value}, randomblob(300))"
            f" ON CONFLICT (id) DO UPDATE SET value = value + excluded.value"
        )
    connection.execute(
        "INSERT INTO done VALUES (?, ?) ON CONFLICT (writer) DO UPDATE SET count = excluded.count",
        (number, count),
    )
    connection.execute("COMMIT")
