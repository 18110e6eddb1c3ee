"""The moments of a folder's files, over all of its epochs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress

from flipside.backup.epochs import usable
from flipside.backup.errors import BackupError, UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.shelf import Shelf
from flipside.backup.moment import LIST, Moment, Until
from flipside.backup.names import FILES
from flipside.backup.repository import Repository


def shelves(repository: Repository, subject: str, keys: Keys) -> Iterator[Shelf]:
    """Yield the epochs of a folder's files, the newest first.

    Args:
        repository: Where they lie.
        subject: Its id.
        keys: What opens them.

    Raises:
        DamagedError: If a key is missing or altered.
        UnopenedError: If one cannot be opened.
    """
    for epoch in usable(repository, FILES, subject, keys):
        yield Shelf.by(keys, repository, epoch)


def moments(repository: Repository, subject: str, keys: Keys) -> Iterator[Moment]:
    """Yield the moments that a folder's files can be restored to, the first of them first.

    Raises:
        DamagedError: At an object that is missing or altered.
    """
    for epoch in reversed(list(usable(repository, FILES, subject, keys))):
        with suppress(UnopenedError):  # those of before, or after, somebody could read them
            yield from Shelf.by(keys, repository, epoch).moments()


def find(repository: Repository, subject: str, keys: Keys, until: Until) -> tuple[Shelf, Manifest]:
    """Return the manifest of a moment, and the epoch that it belongs to.

    Args:
        repository: Where it lies.
        subject: Its id.
        keys: What opens it.
        until: Which moment.

    Raises:
        BackupError: If there is no such moment.
        DamagedError: If an object on the way to it is missing or altered.
        UnopenedError: If the epoch cannot be opened.
    """
    for epoch in usable(repository, FILES, subject, keys):
        if until.may_be_in(epoch):
            shelf = Shelf.by(keys, repository, epoch)
            if found := _last(shelf, until):
                return shelf, found
    what = f"there is no moment {until} of these files"
    raise BackupError(what, f"{FILES}/{subject}", LIST)


def _last(shelf: Shelf, until: Until) -> Manifest | None:
    """Return an epoch's last manifest that is not after the wanted moment, if that is the wanted one."""
    numbers = shelf.kept()
    if until.at is not None:
        # Times rise with numbers: few have to be looked at.
        numbers = numbers[: bisect_right(numbers, until.at, key=lambda n: shelf.manifest(n).at)]
    elif until.id:
        numbers = [each for each in numbers if f"{shelf.epoch.number}.{each}" == until.id]
    return shelf.manifest(numbers[-1]) if numbers else None
