"""The moments of a subject, over all of its epochs."""

from __future__ import annotations

from collections.abc import Iterator

from flipside.backup.catalogue import Entry
from flipside.backup.database.chains import chains
from flipside.backup.keys import Keys
from flipside.backup.media.find import moments as moments_of_files
from flipside.backup.moment import Moment
from flipside.backup.names import DATABASE
from flipside.backup.repository import Repository


def moments(repository: Repository, entry: Entry, keys: Keys) -> Iterator[Moment]:
    """Yield the moments that a subject can be restored to, the earliest first.

    Raises:
        DamagedError: If an object is missing or altered.
    """
    subject = entry.epoch.subject
    if entry.kind != DATABASE:
        yield from moments_of_files(repository, subject, keys)
        return
    for chain in reversed(list(chains(repository, subject, keys, lenient=True))):
        yield from chain.moments()
