"""The epochs of a database, opened, each held to what the one after it says of it."""

from __future__ import annotations

from collections.abc import Iterator

from flipside.backup.database.chain import Chain
from flipside.backup.epochs import usable
from flipside.backup.errors import BackupError, UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.moment import LIST, Until
from flipside.backup.names import DATABASE, subject_id
from flipside.backup.repository import Repository


def chains(
    repository: Repository,
    subject: str,
    keys: Keys,
    until: Until | None = None,
    *,
    lenient: bool = False,
) -> Iterator[Chain]:
    """Yield the epochs that can be restored from, the newest first.

    Args:
        repository: Where they lie.
        subject: The database's id.
        keys: What opens them.
        until: Only those that may have that moment.
        lenient: Whether those that cannot be opened are left out, as of before somebody could read them.

    Raises:
        DamagedError: At one whose key, mark or base is missing or altered.
        UnopenedError: At one that cannot be opened, unless lenient.
    """
    end = None
    for epoch in usable(repository, DATABASE, subject, keys):
        if until and not until.may_be_in(epoch):
            continue
        try:
            chain = Chain(repository, epoch, keys, end)
        except UnopenedError:
            if not lenient:
                raise
            continue
        end = chain.base.after
        yield chain


def find(repository: Repository, name: str, until: Until, keys: Keys) -> Chain:
    """Return the epoch of a database that has the moment.

    Raises:
        BackupError: If there is none such, or none that can be opened, or more than one.
        DamagedError: If it is damaged.
    """
    subject, seen = subject_id(repository.id, name), False
    if until.id:
        _refuse_two(repository, subject, until)
    for chain in chains(repository, subject, keys, until):
        seen = True
        if until.includes(chain.start):
            return chain
    if seen or repository.begun(DATABASE, subject):
        raise BackupError(f"nothing was kept {until}", name, LIST)
    raise BackupError(f"the repository has no database {name}", name, LIST)


def _refuse_two(repository: Repository, subject: str, until: Until) -> None:
    """Refuse an id that two computers gave at once, each to an epoch of its own."""
    begun = repository.begun(DATABASE, subject)
    if sum(until.may_be_in(epoch) for epoch in begun) > 1:
        what = f"the id {until} is that of two moments: two computers wrote there at once"
        raise BackupError(what, None, f"--at names one; {LIST}")
