"""What this computer put last of a folder's files, and whether the repository still has it."""

from __future__ import annotations

from pathlib import Path

from flipside.backup.media import objects
from flipside.backup.media.state import State, Tip
from flipside.backup.moment import Moment
from flipside.backup.repository import Repository
from flipside.backup.sealing import digest


def last(folder: Path) -> Moment | None:
    """Return the last moment that was put from here, None if there is none.

    Args:
        folder: That of the subject's state; it need not be there.

    Returns:
        The moment, its size not being known: 0.
    """
    tip = _tip(folder)
    return Moment(tip.epoch, tip.put, tip.at, 0) if tip else None


def lost(repository: Repository, folder: Path) -> str | None:
    """Return the name of the manifest that was put last, if it is not there or another one.

    Nobody who only has the repository can tell that it was taken away.

    Raises:
        BackupError: If the storage does not answer.
    """
    tip = _tip(folder)
    if tip is None:
        return None
    name = objects.manifest(tip.epoch, tip.put)
    data = repository.storage.get(name)
    return None if data is not None and digest(data) == tip.digest else name


def _tip(folder: Path) -> Tip | None:
    tip = State(folder).tip() if folder.exists() else None
    return tip if tip and tip.put else None
