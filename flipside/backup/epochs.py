"""The epochs of a subject that can be restored from."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flipside.backup import mark
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Keys
from flipside.backup.names import ALL, DATABASE, WHOLE, Epoch
from flipside.backup.repository import Repository


def usable(repository: Repository, kind: str, subject: str, keys: Keys) -> Iterator[Epoch]:
    """Yield the epochs that count and are not about to be deleted, the newest first.

    Args:
        repository: Where they lie.
        kind: `names.DATABASE` or `names.FILES`.
        subject: The subject's id.
        keys: What tells a mark from one that nobody with the key made.

    Raises:
        DamagedError: At one that has increments, and no base any more; or a mark that nobody made.
    """
    for epoch in reversed(repository.begun(kind, subject)):
        heads = repository.heads(epoch)
        if _is_gone(repository, epoch, heads, keys):
            continue
        if (epoch.base if kind == DATABASE else epoch.key) in heads:
            yield epoch
        elif any(repository.storage.list(epoch.line(ALL))):
            raise DamagedError("the object is missing", epoch.base)


def _is_gone(repository: Repository, epoch: Epoch, heads: Collection[str], keys: Keys) -> bool:
    """Return whether an epoch is marked; a mark that cannot be read for want of a key counts."""
    try:
        return mark.since(repository, keys, epoch, WHOLE, heads) is not None
    except UnopenedError:
        return True


def remove(repository: Repository, epoch: Epoch) -> None:
    """Delete an epoch; its mark last, and its key before that: cut short, it is gone on with.

    Raises:
        BackupError: If an object cannot be deleted.
    """
    last = (epoch.key, epoch.gone())
    for each in list(repository.storage.list(epoch.prefix)):
        if each.name not in last:
            repository.storage.delete(each.name)
    for name in last:
        repository.storage.delete(name)
