"""A restore that nobody needs: what shows that what was kept can be brought back."""

from __future__ import annotations

from pathlib import Path

from flipside.backup.database.chain import Chain
from flipside.backup.database.damage import refuse_restored
from flipside.backup.database.rebuild import write
from flipside.backup.moment import Until
from flipside.backup.proof import Proof
from flipside.backup.scratch import scratch


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
        moment = write(
            chain, image, until or Until(), lambda: refuse_restored(image, chain.epoch.prefix)
        )
    return Proof(chain.epoch.label, moment.id, moment.at, now)
