"""What SQLite itself finds wrong with an image, be it taken or restored."""

from __future__ import annotations

from pathlib import Path

from flipside.backup.errors import DamagedError
from flipside.machine.integrity import faults


def refuse_taken(taken: Path, name: str) -> None:
    """Raise DamagedError if the image of a live database is damaged.

    Args:
        taken: The image.
        name: What the database goes by.
    """
    if found := faults(taken):
        shown = "\n".join(found[:5])
        what = f"the database is damaged, and what is kept of it stays as it is\n{shown}"
        raise DamagedError(what, name, "flipside-backup restore brings back the last whole one")


def refuse_restored(image: Path, where: str) -> None:
    """Raise DamagedError if a restored image is damaged.

    Args:
        image: The image.
        where: What it was restored from.
    """
    if found := faults(image):
        raise DamagedError(f"SQLite finds the restored image damaged: {found[0]}", where)
