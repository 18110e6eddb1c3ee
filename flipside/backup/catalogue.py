"""What is in a repository, by name: only who can open it knows."""

from __future__ import annotations

from dataclasses import dataclass

from flipside.backup.errors import UnopenedError
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


def entries(repository: Repository, keys: Keys) -> list[Entry]:
    """Return the subjects that can be opened, by name.

    Raises:
        UnopenedError: If there are some, and none can be opened.
        DamagedError: If the key of one is missing or altered.
    """
    found = [
        _entry(repository, keys, kind, subject)
        for kind in (DATABASE, FILES)
        for subject in repository.subjects(kind)
    ]
    known = [each for each in found if isinstance(each, Entry)]
    closed = [each for each in found if isinstance(each, UnopenedError)]
    if closed and not known:
        raise closed[0]
    return sorted(known)


def _entry(
    repository: Repository, keys: Keys, kind: str, subject: str
) -> Entry | UnopenedError | None:
    """Return a subject, why it cannot be opened, or None where nothing is left of it."""
    why = None
    for epoch in repository.epochs(kind, subject):
        try:
            return Entry(keys.open(epoch)[1], kind, epoch)
        except UnopenedError as error:
            why = why or error
    return why


def within(found: list[Entry], name: str) -> list[Entry]:
    """Return the subject of a name, or all of a folder: its databases and its other files."""
    return [each for each in found if each.name == name or each.name.startswith(f"{name}/")]
