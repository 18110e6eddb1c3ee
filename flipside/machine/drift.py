"""What scheduled highstates had to correct, kept until a person has taken notice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from flipside.machine.files import read_json, write_json

_MOST = 50

Correction = dict[str, Any]
"""``at`` (Unix time) and ``states``, each with ``id``, ``name`` and ``comment``."""


def note(root: Path, changed: list[dict[str, Any]]) -> None:
    """Add what a scheduled highstate changed, as its summary has it."""
    states = [{key: state[key] for key in ("id", "name", "comment")} for state in changed]
    kept = [*unseen(root), {"at": time.time(), "states": states}]
    write_json(_path(root), kept[-_MOST:], 0o600)


def unseen(root: Path) -> list[Correction]:
    """Return what was corrected since `acknowledge`, oldest first."""
    found: list[Correction] = read_json(_path(root), [])
    return found


def acknowledge(root: Path) -> int:
    """Forget all corrections; return how many there were."""
    count = len(unseen(root))
    _path(root).unlink(missing_ok=True)
    return count


def _path(root: Path) -> Path:
    return root / "var/drift.json"
