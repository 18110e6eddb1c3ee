"""A real folder of files, kept in a real repository by a writer whose clock is the test's."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from flipside.backup.epochs import usable
from flipside.backup.keys import Identities
from flipside.backup.media import FilesWriter, Restored, Verified, moments, restore, verify
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.shelf import Shelf
from flipside.backup.moment import Until
from flipside.backup.names import FILES, subject_id
from flipside.backup.outcome import Stored
from flipside.backup.repository import Repository, create
from flipside.backup.retention import Retention
from flipside.backup.scan import Scan
from flipside.backup.storage.folder import Folder
from flipside.backup.storage.protocol import Storage
from flipside.secrets import identity

Tree = dict[str, tuple[Any, ...]]


class Watched(Scan):
    """A scan that remembers which files were read."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.read: list[str] = []
        self.before: Callable[[str], object] = lambda path: None

    @contextmanager
    def opened(self, path: str) -> Iterator[int]:
        self.before(path)
        with super().opened(path) as file:
            self.read.append(path)
            yield file


class World:
    """A folder of files, and the repository that it is kept in.

    Attributes:
        data: The folder.
        now: What the writer's clock shows.
        trees: What the folder was like at each moment that was stored, by the moment's id.
    """

    name = "guestbook/production"

    def __init__(self, folder: Path, storage: Storage | None = None) -> None:
        self.folder, self.data = folder, folder / "data"
        self.data.mkdir(parents=True)
        self.storage: Any = storage or Folder(folder / "repo")
        self.repository: Repository = create(self.storage)
        self.private = identity.generate()
        self.recipients = [identity.public(self.private)]
        (folder / "key").write_text(identity.text([self.private]))
        self.keys = Identities(self.repository, identity.opened(folder / "key"))
        self.now = 1_000_000.0
        self.trees: dict[str, Tree] = {}
        self.writer = self.agent()

    @property
    def subject(self) -> str:
        return subject_id(self.repository.id, self.name)

    @property
    def state(self) -> Path:
        return self.folder / "states" / self.subject

    def agent(self, storage: Any = None, most: int | None = None) -> FilesWriter:
        """A writer that has just been started."""
        repository = Repository(storage or self.storage, self.repository.id)
        self.scan = Watched(self.data)
        names = repository, self.name, self.scan, self.state, self.recipients
        return FilesWriter(*names, lambda: self.now, most)

    def write(self, path: str, content: bytes | str = b"x") -> Path:
        """Write a file in the folder."""
        target = self.data / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def once(self) -> Stored | None:
        """Make a pass a second later; remember the tree."""
        self.now += 1
        stored = self.writer.once()
        if stored:
            self.trees[self.moments()[-1]] = self.tree()
        return stored

    def shelf(self) -> Shelf:
        """The newest epoch, opened."""
        epoch = next(usable(self.repository, FILES, self.subject, self.keys))
        return Shelf.by(self.keys, self.repository, epoch)

    def moments(self) -> list[str]:
        """The ids of all moments."""
        return [each.id for each in moments(self.repository, self.subject, self.keys)]

    def restore(self, into: Path, **wanted: Any) -> Restored:
        """Restore a moment into a folder."""
        until = Until(wanted.pop("at", None), wanted.pop("id", None))
        return restore(self.repository, self.subject, self.keys, into, until, **wanted)

    def restored(self, **wanted: Any) -> Tree:
        """What a restore into a new folder brings back."""
        into = self.folder / f"restored-{os.urandom(4).hex()}"
        self.restore(into, **wanted)
        return tree(into)

    def verify(self) -> Verified:
        """Read all that is there."""
        return verify(self.repository, self.subject, self.keys)

    def tree(self, folder: Path | None = None) -> Tree:
        """What is in a folder, the one that is kept if none is given."""
        return tree(folder or self.data)

    def whole(self) -> None:
        """Assert that every moment restores to what was there, and the last to what is there now."""
        for moment, wanted in self.trees.items():
            assert self.restored(id=moment) == wanted
        assert self.restored() == self.tree()
        assert self.verify().moments == len(self.moments())

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        """All objects of the newest epoch whose names go on with a prefix."""
        found = self.storage.list(self.shelf().epoch.prefix)
        names = [each.name for each in found]
        start = self.shelf().epoch.prefix + prefix
        return {name: self.storage.get(name) for name in names if name.startswith(start)}

    def collect(self, writer: FilesWriter | None = None, **kept: float) -> None:
        """Let the agent, which has no private key, collect."""
        (writer or self.writer).collect(Retention(**kept), [])


def tree(folder: Path) -> Tree:
    """Everything in a folder: type, mode, and what else is kept of it, by path."""
    return {
        str(Path(above, name).relative_to(folder)): _described(Path(above, name))
        for above, folders, files in os.walk(folder)
        for name in (*folders, *files)
    }


def _described(path: Path) -> tuple[Any, ...]:
    status = path.lstat()
    if stat.S_ISLNK(status.st_mode):
        return "link", str(path.readlink()), status.st_mtime_ns
    if stat.S_ISDIR(status.st_mode):
        return "folder", status.st_mode & 0o7777
    return "file", status.st_mode & 0o7777, status.st_mtime_ns, path.read_bytes()


@pytest.fixture(autouse=True)
def _powered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the disk: no test here cuts the power."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world with an empty folder."""
    return World(tmp_path)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files may be trusted not to have changed as soon as they were written."""
    monkeypatch.setattr("flipside.backup.found.RACY", 0)


@pytest.fixture
def chunk(monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes of a content: fewer than in earnest, so that small files have many."""
    for module in ("contents", "entry", "reading", "take", "verifying"):
        monkeypatch.setattr(f"flipside.backup.media.{module}.CHUNK_SIZE", 1000)
    return 1000


@pytest.fixture
def stored(world: World) -> World:
    """A world with some files of each kind in its only moment."""
    world.write("a", "one")
    world.write("sub/b", os.urandom(CHUNK_SIZE + 9)).chmod(0o600)
    (world.data / "sub/link").symlink_to("../a")
    (world.data / "empty").mkdir(mode=0o700)
    world.once()
    return world


@pytest.fixture
def out(stored: World) -> Path:
    """A folder that it was restored into."""
    stored.restore(stored.folder / "out")
    return stored.folder / "out"
