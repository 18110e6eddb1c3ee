"""A restore that nobody needs: what shows that what was kept can be brought back."""

from __future__ import annotations

from pathlib import Path

from flipside.backup.database.chain import Chain
from flipside.backup.errors import DamagedError
from flipside.backup.moment import Until
from flipside.backup.proof import Proof
from flipside.backup.scratch import scratch
from flipside.machine.integrity import faults


def prove(chain: Chain, folder: Path, now: float, until: Until | None = None) -> Proof:
    """Restore a moment to a scratch file, let SQLite look at it, and throw it away.

    Args:
        chain: The epoch.
        folder: One on a disk with room for the database.
        now: Seconds since 1970.
        until: Which moment; the last one if None.

    Raises:
        DamagedError: If an object is missing or altered, or the image is damaged.
    """
    with scratch(folder) as made:
        image = made / "image"
        moment = chain.write(image, until or Until(), lambda: refuse_damaged(image, chain))
    return Proof(chain.epoch.label, moment.id, moment.at, now)


def refuse_damaged(image: Path, chain: Chain) -> None:
    """Raise DamagedError if SQLite finds anything wrong with a restored image."""
    if found := faults(image):
        what = f"SQLite finds the restored image damaged: {found[0]}"
        raise DamagedError(what, chain.epoch.prefix)
