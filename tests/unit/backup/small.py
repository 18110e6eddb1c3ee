"""A small database and its repository in one folder, which may be copied and opened anew."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from flipside.backup.database.chain import Chain
from flipside.backup.database.chains import chains, find
from flipside.backup.database.rebuild import apply, write_base
from flipside.backup.database.restore import restore
from flipside.backup.database.source import Source
from flipside.backup.database.writer import Writer
from flipside.backup.errors import BackupError
from flipside.backup.keys import Identities
from flipside.backup.local import Local
from flipside.backup.moment import Until
from flipside.backup.names import CONFIG, Epoch, subject_id
from flipside.backup.outcome import Stored
from flipside.backup.repository import create, opened
from flipside.backup.storage.folder import Folder
from flipside.secrets import identity

TABLE = (
    "PRAGMA journal_mode=wal",
    "CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT)",
    "INSERT INTO entry (body) VALUES ('first')",
)
INSERT = "INSERT INTO entry (body) VALUES ('{}')"
FILL = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < {n})"
    " INSERT INTO entry (body) SELECT hex(randomblob(200)) FROM n"
)


class Small:
    """A database, what keeps it, and what it was at each moment.

    Attributes:
        name: What the database goes by, wherever the folder is.
        images: What it was at each moment that a pass of this object stored, by the moment's id.
        storage: Where the repository lies; tests may put something in between.
    """

    def __init__(self, folder: Path, name: str = "app.db", now: float = 1_728_000_000.0) -> None:
        self.folder, self.path, self.name, self.now = folder, folder / name, name, now
        self.storage: Any = Folder(folder / "repository")
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "key").exists():
            (folder / "key").write_text(identity.text([identity.generate()]))
        self.identities = identity.opened(folder / "key")
        there = (folder / "repository" / CONFIG).exists()
        self.repository = opened(self.storage) if there else create(self.storage)
        self.keys = Identities(self.repository, self.identities)
        self.local = Local(self.repository, folder / "states")
        self.images: dict[str, bytes] = {}
        self.writer = self.agent()

    def copy(self, folder: Path) -> Small:
        """Everything once more, as it lies on the disk, in another folder."""
        shutil.copytree(self.folder, folder, symlinks=True)
        made = Small(folder, self.name, self.now)
        made.images = dict(self.images)
        return made

    @property
    def public(self) -> str:
        return str(self.identities[0].to_public())

    @property
    def subject(self) -> str:
        return subject_id(self.repository.id, self.name)

    @property
    def state(self) -> Path:
        return self.local.subject(self.name)

    def agent(self) -> Writer:
        """An agent that has just been started."""
        source, state = Source(self.path), self.local.state(self.name)
        asked = (self.repository, self.name, source, state, [self.public], lambda: self.now)
        return Writer(*asked)

    def elsewhere(self) -> Small:
        """The same database kept in the same repository from another computer."""
        made = Small(self.folder, self.name, self.now)
        made.local = Local(made.repository, self.folder / "states of another computer")
        made.writer = made.agent()
        return made

    def behind(self, storage: Any) -> None:
        """Reach the repository through something that is at fault, with a new agent."""
        self.storage = storage
        self.repository = opened(storage)
        self.keys = Identities(self.repository, self.identities)
        self.local = Local(self.repository, self.folder / "states")
        self.writer = self.agent()

    def sql(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=off")
            for statement in statements:
                connection.execute(statement).fetchall()

    def once(self, *statements: str) -> Stored | None:
        """Run statements, and make a pass a second later; remember the image."""
        if statements:  # or nobody else opens the database
            self.sql(*statements)
        self.now += 1
        stored = self.writer.once()
        if stored:
            self.images[str(self.writer.moment)] = (self.state / "image").read_bytes()
        return stored

    def live(self) -> bytes:
        """What a pass would take."""
        Source(self.path).take(self.folder / "live")
        return (self.folder / "live").read_bytes()

    def usable(self) -> list[Epoch]:
        """The epochs that are offered."""
        return [chain.epoch for chain in self.chains()]

    def chains(self) -> list[Chain]:
        """All epochs, opened, the oldest first, each with the end that the next one knows."""
        return list(chains(self.repository, self.subject, self.keys))[::-1]

    def moments(self) -> dict[str, bytes]:
        """The image of each moment that the repository has."""
        return {name: image for chain in self.chains() for name, image in played(chain)}

    def restored(self, **wanted: Any) -> bytes:
        """What a restore brings back."""
        target, until = self.folder / "restored.db", Until(**wanted)
        target.unlink(missing_ok=True)
        restore(find(self.repository, self.name, until, self.keys), until, target, replace=False)
        return target.read_bytes()

    def as_live(self) -> None:
        """Assert that a restore brings back, row by row, what the database holds now."""
        self.restored()
        assert dumped(self.folder / "restored.db") == dumped(self.path)


def played(chain: Chain) -> list[tuple[str, bytes]]:
    """The image of each moment of an epoch, all in one go."""
    found = []
    with tempfile.TemporaryFile() as image:
        write_base(chain, image)
        found.append((chain.start.id, content(image)))
        for moment, links in chain.batches():
            for link in links:
                apply(chain, image, link)
            found.append((moment.id, content(image)))
    return found


def content(file: BinaryIO) -> bytes:
    """All of a file that is open."""
    file.seek(0)
    return file.read()


def dumped(path: Path) -> list[str]:
    """All of a database in SQL."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def attempted(do: Any, *args: Any, **words: Any) -> Any:
    """What comes of it, or the BackupError; anything else is the test's to see."""
    try:
        return do(*args, **words)
    except BackupError as error:
        return error
