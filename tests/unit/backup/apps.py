"""An app that has a database open: a process of its own, as an agent's may not have it open."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

Execute = Callable[[str], list[Any]]
"""Runs a statement on the app's connection; returns its rows."""


@contextmanager
def app(path: Path, *statements: str) -> Iterator[Execute]:
    """Have an app that has run statements, until the end of the ``with`` statement."""
    fork = multiprocessing.get_context("fork")
    here, there = fork.Pipe()
    process = fork.Process(target=_serve, args=(path, there), daemon=True)
    process.start()
    there.close()

    def execute(statement: str) -> list[Any]:
        here.send(statement)
        found = here.recv()
        if isinstance(found, sqlite3.Error):
            raise found
        return list(found)

    try:
        for each in statements:
            execute(each)
        yield execute
    finally:
        here.send(None)
        process.join(60)
    assert process.exitcode == 0


def _serve(path: Path, asked: Connection) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        while statement := asked.recv():
            try:
                asked.send(connection.execute(statement).fetchall())
            except sqlite3.Error as error:
                asked.send(error)
