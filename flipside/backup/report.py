"""How the subjects of a repository stand: what the agent wrote down, and what it can be held to."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.backup import proof
from flipside.backup.database.state import State
from flipside.backup.database.tip import Tip
from flipside.backup.local import Local
from flipside.backup.media.state import State as FilesState
from flipside.backup.names import DATABASE, subject_id
from flipside.backup.outcome import Outcome
from flipside.backup.sealing import digest
from flipside.machine.files import read_json, write_json


@dataclass(frozen=True)
class Standing:
    """How one subject stands. Times are seconds since 1970.

    Attributes:
        name: The subject's.
        checked: When the repository was last known to have all of it; None for never.
        stored: When the last moment was taken.
        moment: Its id.
        size: Bytes in the repository, as they were when it was last counted, and what was put since.
        proven: When a restore was last proven.
        proof: The id of the moment that was restored.
        error: Why the last pass failed, as `FlipsideError.as_dict` has it.
        since: When the first of the passes was that failed since.
        behind: What a loss of the machine now would lose at most, in seconds.
    """

    name: str
    checked: float | None = None
    stored: float | None = None
    moment: str | None = None
    size: int = 0
    proven: float | None = None
    proof: str | None = None
    error: dict[str, Any] | None = None
    since: float | None = None
    behind: float | None = None


def note(local: Local, outcomes: Iterable[Outcome], now: float) -> None:
    """Write down how a pass went; what was not looked at in it stays as it was."""
    known: dict[str, dict[str, Any]] = read_json(local.told, {})
    for one in outcomes:
        found = known.setdefault(one.name, {"size": 0})
        found["error"] = one.error.as_dict() if one.error else None
        found["since"] = (found.get("since") or now) if one.error else None
        if not one.error:
            found["checked"] = now
        if one.stored:
            found["size"] += one.stored.size
    write_json(local.told, known, 0o600)


def count(local: Local, name: str, kind: str) -> None:
    """Count the bytes of a subject's objects."""
    known: dict[str, dict[str, Any]] = read_json(local.told, {})
    subject = subject_id(local.repository.id, name)
    objects = local.repository.storage.list(f"{kind}/{subject}/")
    known.setdefault(name, {})["size"] = sum(each.size for each in objects)
    write_json(local.told, known, 0o600)


def settle(local: Local, current: Collection[str], now: float) -> None:
    """Write down which subjects there are: one that is gone fails no more."""
    known: dict[str, dict[str, Any]] = read_json(local.told, {})
    before = repr(known)
    for name, found in known.items():
        if name in current:
            found.pop("gone", None)
        else:
            found.setdefault("gone", now)
            found["error"] = found["since"] = None
    if repr(known) != before:
        write_json(local.told, known, 0o600)


def gone(local: Local) -> dict[str, float]:
    """Return when it was first seen of subjects that there are no more, seconds since 1970."""
    known: dict[str, dict[str, Any]] = read_json(local.told, {})
    return {name: found["gone"] for name, found in known.items() if found.get("gone")}


def names(local: Local) -> set[str]:
    """Return the names of the databases that there ever was a pass of."""
    known = read_json(local.told, {})
    return {name for name in known if (local.subject(name) / "state.json").exists()}


def standings(local: Local, now: float) -> list[Standing]:
    """Return how each subject stands that a pass looked at, and that is still there, by name."""
    known: dict[str, dict[str, Any]] = read_json(local.told, {})
    return [
        _standing(local, name, found, now)
        for name, found in sorted(known.items())
        if not found.get("gone")
    ]


def _standing(local: Local, name: str, found: dict[str, Any], now: float) -> Standing:
    folder, checked = local.subject(name), found.get("checked")
    proven, (stored, moment) = proof.last(folder), _last(folder)
    return Standing(
        name,
        checked=checked,
        stored=stored,
        moment=moment,
        size=found["size"],
        error=found.get("error"),
        since=found.get("since"),
        behind=None if checked is None else max(0.0, now - checked),
        proven=proven.at if proven else None,
        proof=proven.moment if proven else None,
    )


def _last(folder: Path) -> tuple[float | None, str | None]:
    """Return when a subject's last moment was taken, and its id."""
    if not folder.exists():
        return None, None
    if tip := State(folder).tip():
        return tip.point.at, f"{tip.epoch.number}.{tip.point.number}"
    files = FilesState(folder).tip()
    return (files.at, f"{files.epoch.number}.{files.put}") if files and files.put else (None, None)


def lost(local: Local, tip: Tip) -> str | None:
    """Return the name of the object that a chain should end with, if it is not there or another one."""
    number, epoch = tip.point.number, tip.epoch
    name = epoch.increment(number) if number else epoch.base
    data = local.repository.storage.get(name) if epoch.kind == DATABASE else None
    return None if data is not None and digest(data) == tip.point.digest else name
