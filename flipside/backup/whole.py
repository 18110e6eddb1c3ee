"""A database brought back into a file, or all of a folder into a folder: databases and other files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.backup import when
from flipside.backup.catalogue import Entry, entries, path_within, within
from flipside.backup.database.chains import find
from flipside.backup.database.restore import restore
from flipside.backup.errors import BackupError
from flipside.backup.keys import Keys
from flipside.backup.moment import Until
from flipside.backup.names import DATABASE, subject_id
from flipside.backup.repository import Repository


@dataclass(frozen=True)
class Back:
    """What was brought back.

    Attributes:
        name: The subject's.
        into: Where it is now.
        moment: The id of its moment.
        at: When that was taken, seconds since 1970.
        kept: Where what was replaced is, if there was anything.
    """

    name: str
    into: Path
    moment: str
    at: float
    kept: tuple[Path, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.into}: {self.name} as of {when.show(self.at)} ({self.moment}), proven"]
        return "\n".join([*lines, *(f"  what was there is kept as {path}" for path in self.kept)])

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        return vars(self) | {"into": str(self.into), "kept": [str(path) for path in self.kept]}


def bring_back(  # noqa: PLR0913 - what, from where, to where
    repository: Repository, keys: Keys, name: str, until: Until, into: Path, *, replace: bool
) -> list[Back]:
    """Bring back a subject, or all of a folder.

    Args:
        repository: Where it is kept.
        keys: What opens it.
        name: A database's, or a folder's.
        until: Which moment.
        into: The file, or the folder, to write.
        replace: Whether what is there may be replaced; it is kept beside.

    Raises:
        BackupError: If there is no such moment, or anything is in the way.
        DamagedError: If an object is missing or altered; what was not brought back yet is as it was.
    """
    if subject_id(repository.id, name) in repository.subjects(DATABASE):
        return [_database(repository, keys, name, until, into, replace=replace)]
    found = within(entries(repository, keys), name)
    paths = {one: path_within(one, name) for one in found if one.kind == DATABASE}
    if until.id and len(found) > 1:
        advice = "flipside-backup restore ... --at TIME, or one database with --to"
        raise BackupError("an id is that of one database, and this is a folder", name, advice)
    if into.exists() and not into.is_dir():
        raise BackupError("a folder comes back, and this is a file", str(into), "name another one")
    into.mkdir(parents=True, exist_ok=True)
    made = []
    for one in found:
        if one in paths:
            target = into / paths[one]
            target.parent.mkdir(parents=True, exist_ok=True)
            made.append(_database(repository, keys, one.name, until, target, replace=replace))
        else:
            made.append(_files(repository, keys, one, until, into))
    return made


def _database(  # noqa: PLR0913 - as above
    repository: Repository, keys: Keys, name: str, until: Until, into: Path, *, replace: bool
) -> Back:
    chain = find(repository, name, until, keys)
    done = restore(chain, until, into, replace=replace)
    kept = (done.kept,) if done.kept else ()
    return Back(name, into, done.moment.id, done.moment.at, kept)


def _files(repository: Repository, keys: Keys, one: Entry, until: Until, into: Path) -> Back:
    from flipside.backup.media import restore as restore_files

    done = restore_files(repository, one.epoch.subject, keys, into, until)
    return Back(one.name, into, done.moment.id, done.moment.at, done.kept)
