"""What is in a repository, by name: only who can open it knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flipside.backup.keys import Keys
from flipside.backup.names import DATABASE, FILES, Epoch
from flipside.backup.repository import Repository


@dataclass(frozen=True, order=True)
class Entry:
    """A subject.

    Attributes:
        name: Its name.
        kind: `names.DATABASE` or `names.FILES`.
        epoch: Its newest epoch.
    """

    name: str
    kind: str
    epoch: Epoch


def entries(repository: Repository, keys: Keys) -> list[Entry]:
    """Return all subjects, by name.

    Raises:
        UnopenedError: If one of them cannot be opened.
        DamagedError: If the key of one is missing or altered.
    """
    return sorted(_entries(repository, keys))


def _entries(repository: Repository, keys: Keys) -> Iterator[Entry]:
    for kind in (DATABASE, FILES):
        for subject in repository.subjects(kind):
            newest = next(repository.epochs(kind, subject), None)
            if newest:
                _, name = keys.open(newest)
                yield Entry(name, kind, newest)


def within(found: list[Entry], name: str) -> list[Entry]:
    """Return the subject of a name, or all of a folder: its databases and its other files."""
    return [each for each in found if each.name == name or each.name.startswith(f"{name}/")]
