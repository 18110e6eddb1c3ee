"""What is in a repository, by name: only who can open it knows."""

from __future__ import annotations

from dataclasses import dataclass

from flipside.backup.epochs import usable
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.names import DATABASE, FILES, Epoch
from flipside.backup.repository import Repository


@dataclass(frozen=True, order=True)
class Entry:
    """A subject.

    Attributes:
        name: Its name.
        kind: `names.DATABASE` or `names.FILES`.
        epoch: Its newest epoch that can be opened.
    """

    name: str
    kind: str
    epoch: Epoch


@dataclass(frozen=True)
class Catalogue:
    """What is in a repository.

    Attributes:
        entries: The subjects that can be opened, by name.
        damaged: What keeps others from being named.
    """

    entries: list[Entry]
    damaged: list[DamagedError]


def catalogue(repository: Repository, keys: Keys) -> Catalogue:
    """Return what is in a repository.

    Raises:
        UnopenedError: If there are subjects, and none can be opened.
    """
    found = [
        _entry(repository, keys, kind, subject)
        for kind in (DATABASE, FILES)
        for subject in repository.subjects(kind)
    ]
    known = sorted(each for each in found if isinstance(each, Entry))
    closed = [each for each in found if isinstance(each, UnopenedError)]
    if closed and not known:
        raise closed[0]
    return Catalogue(known, [each for each in found if isinstance(each, DamagedError)])


def entries(repository: Repository, keys: Keys) -> list[Entry]:
    """Return the subjects that can be opened, by name.

    Raises:
        UnopenedError: If there are some, and none can be opened.
        DamagedError: If one cannot be named for damage.
    """
    found = catalogue(repository, keys)
    if found.damaged:
        raise found.damaged[0]
    return found.entries


def _entry(
    repository: Repository, keys: Keys, kind: str, subject: str
) -> Entry | UnopenedError | DamagedError | None:
    """Return a subject, why it cannot be opened, or None where nothing is left of it."""
    why = None
    try:
        for epoch in usable(repository, kind, subject, keys):
            try:
                return Entry(keys.open(epoch)[1], kind, epoch)
            except UnopenedError as error:
                why = why or error
    except DamagedError as error:
        return error
    return why


def path_within(entry: Entry, folder: str) -> str:
    """Return a database's path below a folder.

    Raises:
        DamagedError: If it leads out: who wrote it there is not trusted.
    """
    path = entry.name.removeprefix(f"{folder}/")
    if "\0" in path or not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise DamagedError("a database's name leads out of its folder", repr(entry.name))
    return path


def within(found: list[Entry], name: str) -> list[Entry]:
    """Return the subject of a name, or all of a folder: its databases and its other files."""
    return [each for each in found if each.name == name or each.name.startswith(f"{name}/")]
