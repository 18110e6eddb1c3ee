"""A restore that nobody needs: what shows that what was kept can be brought back."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flipside.backup.chain import Chain
from flipside.backup.errors import DamagedError
from flipside.backup.moment import Until
from flipside.machine.files import read_json, write_json
from flipside.machine.integrity import faults


@dataclass(frozen=True)
class Proof:
    """What was proven, and when.

    Attributes:
        epoch: The label of the epoch that was restored.
        moment: The id of the moment.
        of: When that was taken, seconds since 1970.
        at: When it was proven.
    """

    epoch: str
    moment: str
    of: float
    at: float


_FIELDS = ("epoch", "moment", "of", "at")


def prove(chain: Chain, scratch: Path, now: float, until: Until | None = None) -> Proof:
    """Restore a moment to a scratch file, let SQLite look at it, and throw it away.

    Args:
        chain: The epoch.
        scratch: A folder on a disk with room for the database.
        now: Seconds since 1970.
        until: Which moment; the last one if None.

    Raises:
        DamagedError: If an object is missing or altered, or the image is damaged.
    """
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".proof-") as folder:
        image = Path(folder, "image")
        moment = chain.write(image, until or Until())
        refuse_damaged(image, chain)
    return Proof(chain.epoch.label, moment.id, moment.at, now)


def refuse_damaged(image: Path, chain: Chain) -> None:
    """Raise DamagedError if SQLite finds anything wrong with a restored image."""
    if found := faults(image):
        what = f"SQLite finds the restored image damaged: {found[0]}"
        raise DamagedError(what, chain.epoch.prefix)


def keep(folder: Path, proof: Proof) -> None:
    """Remember the last proof of a database, and which epoch it was of, in the folder of its state."""
    epochs = sorted({*proven(folder), proof.epoch})
    write_json(folder / "proof.json", asdict(proof) | {"epochs": epochs}, 0o600)


def proven(folder: Path) -> list[str]:
    """Return the labels of the epochs that something was restored of."""
    return list(read_json(folder / "proof.json", {}).get("epochs", []))


def last(folder: Path) -> Proof | None:
    """Return the last proof of a database; None if there is none."""
    found: dict[str, Any] | None = read_json(folder / "proof.json")
    return Proof(**{key: found[key] for key in _FIELDS}) if found else None
