"""The last proof that what was kept of a subject can be brought back, in the folder of its state."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flipside.machine.files import read_json, write_json


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
