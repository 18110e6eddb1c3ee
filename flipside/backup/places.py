"""What is to be kept: database files, and folders with all that is in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from flipside.backup import report
from flipside.backup.agent import Kept
from flipside.backup.database.source import Source
from flipside.backup.database.writer import Writer
from flipside.backup.errors import BackupError
from flipside.backup.found import FOLDER
from flipside.backup.local import Local
from flipside.backup.media.writer import FilesWriter
from flipside.backup.scan import Scan

# Seconds between two looks for databases that are new.
LOOK = 60.0


@dataclass(frozen=True)
class Place:
    """A database, or a folder.

    Attributes:
        name: What it goes by in a repository; a database in a folder has that, a slash, its path there.
        path: Where it is.
        acting: What its files are opened within; see `flipside.backup.database.source.Source`.
    """

    name: str
    path: Path
    acting: Callable[[], AbstractContextManager[None]] = nullcontext


def place(path: Path) -> Place:
    """Return a place that goes by its absolute path, links not followed."""
    whole = path.expanduser().absolute()
    return Place(str(whole), whole)


class Places:
    """The subjects of some places, each with what keeps it from pass to pass.

    Args:
        local: This computer's side of the repository.
        given: Returns the places as they are now.
        recipients: Returns who may read what is written now.
        base_every: Seconds between two bases of a database.

    Attributes:
        looks: How often it was looked for what there is.
    """

    def __init__(
        self,
        local: Local,
        given: Callable[[], Iterable[Place]],
        recipients: Callable[[], Sequence[str]],
        base_every: float,
    ) -> None:
        self._local, self._given, self._recipients = local, given, recipients
        self._base_every = base_every
        self._databases: dict[str, Writer] = {}
        self._folders: dict[str, FilesWriter] = {}
        self._looked = float("-inf")
        self.looks = 0

    def subjects(self) -> list[Kept]:
        """Return what keeps each subject that is to be looked at in this pass."""
        if time.monotonic() - self._looked >= LOOK:
            return self.all()
        return self._readable(list(self._databases.values()))

    def doubt(self) -> None:
        """Look at the next pass for what there is: what has failed may be gone."""
        self._looked = float("-inf")

    def all(self) -> list[Kept]:
        """Return what keeps each subject that there is now."""
        self._look()
        return self._readable(self.known())

    def known(self) -> list[Kept]:
        """Return what keeps each subject that there was when that was looked for last."""
        return [*self._databases.values(), *self._folders.values()]

    def databases(self) -> list[Writer]:
        """Return what keeps each database that there is now."""
        self._look()
        return list(self._databases.values())

    def _look(self) -> None:
        before, folders = self._databases, self._folders
        self._databases, self._folders = {}, {}
        known = report.names(self._local) - report.gone(self._local).keys()
        for each in self._given():
            if each.path.is_dir():
                files = self._folders[each.name] = folders.get(each.name) or self._files(each)
                inside = [_within(each, path) for path in _databases(files.scan, each.name, known)]
            else:
                inside = [each]
            for one in inside:
                self._databases[one.name] = before.get(one.name) or self._database(one)
        self._looked = time.monotonic()
        self.looks += 1

    def _readable(self, every: Sequence[Kept]) -> list[Kept]:
        """Tell all who can read what they put from now on."""
        for kept in every:
            kept.recipients = tuple(self._recipients())
        return list(every)

    def _database(self, one: Place) -> Writer:
        source, state = Source(one.path, one.acting), self._local.state(one.name)
        made = (self._local.repository, one.name, source, state, self._recipients())
        return Writer(*made, base_every=self._base_every)

    def _files(self, one: Place) -> FilesWriter:
        scan, state = Scan(one.path, one.acting), self._local.subject(one.name)
        return FilesWriter(self._local.repository, one.name, scan, state, self._recipients())


def _databases(scan: Scan, name: str, known: Collection[str]) -> list[str]:
    """Return what is a database, or was one: that it is none any more has to be said.

    Of a folder that cannot be read all that were: why is said by what keeps its other files.
    """
    mine = {each.removeprefix(f"{name}/") for each in known if each.startswith(f"{name}/")}
    try:
        found = scan.look()
    except BackupError:
        return sorted(mine)
    were = [each.path for each in found.files if each.type != FOLDER and each.path in mine]
    return [*found.databases, *were]


def _within(folder: Place, path: str) -> Place:
    return Place(f"{folder.name}/{path}", folder.path / path, folder.acting)
