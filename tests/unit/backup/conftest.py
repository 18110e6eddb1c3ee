"""A real repository in a folder, a real database, and an agent whose clock is the test's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flipside.backup.database.chain import Chain
from flipside.backup.database.chains import chains, find
from flipside.backup.database.restore import restore
from flipside.backup.database.source import Source
from flipside.backup.database.state import State
from flipside.backup.database.writer import Writer
from flipside.backup.keys import Identities
from flipside.backup.moment import Until
from flipside.backup.names import subject_id
from flipside.backup.outcome import Stored
from flipside.backup.repository import Repository, create
from flipside.backup.storage.folder import Folder
from flipside.secrets import identity


class World:
    """A database, and the repository that it is kept in.

    Attributes:
        path: The database.
        images: What it was at each moment that was stored, by the moment's id.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "app.db"
        self.storage: Any = Folder(folder / "repo")
        self.repository: Repository = create(self.storage)
        self.private = identity.generate()
        (folder / "key").write_text(identity.text([self.private]))
        self.keys = Identities(self.repository, identity.opened(folder / "key"))
        self.now = 1_000_000.0
        self.images: dict[str, bytes] = {}
        self.writer = self.agent()

    def agent(self) -> Writer:
        """An agent that has just been started."""
        public = identity.public(self.private)
        state = State(self.folder / "states" / subject_id(self.repository.id, self.name))
        source = Source(self.path)
        return Writer(self.repository, self.name, source, state, [public], lambda: self.now)

    @property
    def name(self) -> str:
        return str(self.path)

    def sql(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement).fetchall()

    def once(self) -> Stored | None:
        """Make a pass a second later; remember the image."""
        self.now += 1
        stored = self.writer.once()
        if stored:
            self.images[self.writer.moment] = (self.writer.state.folder / "image").read_bytes()
        return stored

    def chains(self) -> list[Chain]:
        """All epochs, opened."""
        subject = subject_id(self.repository.id, self.name)
        return list(chains(self.repository, subject, self.keys))[::-1]

    def moments(self) -> list[str]:
        """The ids of all moments."""
        return [moment.id for chain in self.chains() for moment in chain.moments()]

    def restored(self, **wanted: Any) -> bytes:
        """What a restore brings back."""
        target = self.folder / "restored.db"
        target.unlink(missing_ok=True)
        until = Until(**wanted)
        chain = find(self.repository, self.name, until, self.keys)
        restore(chain, until, target, replace=False)
        return target.read_bytes()

    def rows(self, image: bytes, query: str) -> list[Any]:
        """What a query finds in an image."""
        path = self.folder / "queried.db"
        path.write_bytes(image)
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()

    def whole(self) -> None:
        """Assert that every moment restores to what was taken, and the last one to what is there."""
        for moment, image in self.images.items():
            assert self.restored(id=moment) == image
        with closing(sqlite3.connect(self.path)) as live:
            wanted = list(live.iterdump())
        (self.folder / "last.db").write_bytes(self.restored())
        with closing(sqlite3.connect(self.folder / "last.db")) as copy:
            assert list(copy.iterdump()) == wanted


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with a small table in its database."""
    made = World(tmp_path)
    made.sql(
        "PRAGMA journal_mode=wal",
        "CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT)",
        "INSERT INTO entry (body) VALUES ('first')",
    )
    return made
