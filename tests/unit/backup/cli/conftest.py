"""The command in a home of its own: its databases, its repository, its keys."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flipside.backup.cli import main


class Desk:
    """A person's computer, as far as the command sees it.

    Attributes:
        folder: Everything of it; the current folder, too.
        repo: The repository.
        database: One of its databases.
    """

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.repo, self.database = folder / "repo", folder / "app.db"
        self.error = ""

    def __call__(self, command: str, *words: object, status: int = 0) -> str:
        """Run a command on the repository; return what it said, `error` being the rest."""
        found = main([command, str(self.repo), *map(str, words)])
        said, self.error = self._capsys.readouterr()
        assert found == status, said + self.error
        return said

    def json(self, command: str, *words: object, status: int = 0) -> Any:
        """Run a command that says one thing as JSON."""
        (line,) = self.lines(command, *words, status=status)
        return line

    def lines(self, command: str, *words: object, status: int = 0) -> list[Any]:
        """Run a command that says a thing a line as JSON."""
        said = self(command, *words, "--json", status=status)
        return [json.loads(line) for line in said.splitlines()]

    def sql(self, *statements: str, path: Path | None = None) -> list[Any]:
        """Run statements on a database; return the last one's rows."""
        with closing(sqlite3.connect(path or self.database, isolation_level=None)) as connection:
            return [connection.execute(each).fetchall() for each in statements][-1]

    def bodies(self, path: Path) -> list[str]:
        """What the table of a database has."""
        return [body for (body,) in self.sql("SELECT body FROM entry ORDER BY id", path=path)]


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    """A computer without a repository yet."""
    for name, value in {
        "HOME": "home",
        "XDG_STATE_HOME": "home/state",
        "XDG_CONFIG_HOME": "home/config",
        "FLIPSIDE_BACKUP_STATE": "states",
        "FLIPSIDE_KEYS": "keys",
    }.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.chdir(tmp_path)
    made = Desk(tmp_path, capsys)
    made.sql(
        "PRAGMA journal_mode=wal",
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT)",
        "INSERT INTO entry (body) VALUES ('first')",
    )
    before = signal.getsignal(signal.SIGTERM)  # the command sets its own
    yield made
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """A computer that has kept a database once."""
    desk("init")
    desk("now", "app.db")
    return desk


Watch = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def watch(desk: Desk) -> Iterator[Watch]:
    """Start the agent as a process of its own, with its streams at hand."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "flipside.backup.cli", "watch", str(desk.repo), "app.db"]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        argv += ["--every", "0.05", *map(str, words)]
        path = os.pathsep.join(sys.path)
        env = {**os.environ, "PYTHONPATH": path}
        started.append(subprocess.Popen(argv, text=True, cwd=desk.folder, env=env, **pipes))
        return started[-1]

    yield start
    for each in started:
        each.kill()
        each.communicate()
