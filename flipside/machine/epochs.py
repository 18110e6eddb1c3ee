"""Which releases have served on which state of the databases: what a rollback has to put back.

A migration ends one epoch and begins another, and so do databases from elsewhere. Old code on
migrated databases starts, answers its health check, and fails on the first insert; so a rollback
out of an epoch brings back the copy of the databases with which it began. What was written since is
set aside in its place.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from flipside.machine import journal
from flipside.machine.files import read_json, write_json
from flipside.machine.layout import Layout

LIVE = "live"
_MOST = 100

Epochs = dict[str, list[str]]
"""Release ids by epoch: `LIVE`, and the number of the snapshot that an earlier one ended with."""


def read(layout: Layout, app: str, env: str) -> Epochs:
    """Return an environment's epochs."""
    found: Epochs = read_json(_path(layout, app, env), {})
    return found


def write(layout: Layout, app: str, env: str, epochs: Epochs) -> None:
    """Write an environment's epochs, but for those whose snapshot is gone."""
    snapshots = layout.snapshots(app, env)
    kept = {
        name: ids for name, ids in epochs.items() if name == LIVE or (snapshots / name).exists()
    }
    write_json(_path(layout, app, env), kept)


def fits(layout: Layout, app: str, env: str, release: str) -> bool:
    """Return whether a release has served on the live databases as they are."""
    serving = read(layout, app, env).get(LIVE, [])
    return release in serving or not serving


def before(layout: Layout, app: str, env: str, release: str) -> Path | None:
    """Return the snapshot that a release's own databases are in; None if it can take the live ones."""
    found = read(layout, app, env)
    if release in found.get(LIVE, []):
        return None
    numbers = [name for name, ids in found.items() if name != LIVE and release in ids]
    return layout.snapshots(app, env) / max(numbers, key=int) if numbers else None


def joined(epochs: Epochs, *releases: str | None) -> Epochs:
    """Return the epochs once releases serve on the live databases, as they are."""
    return epochs | {LIVE: _with(epochs.get(LIVE, []), *releases)}


def begun(epochs: Epochs, snapshot: str, old: str | None, new: str, back: Path | None) -> Epochs:
    """Return the epochs once another one has begun.

    Args:
        epochs: Those before.
        snapshot: The name of the copy that was taken before.
        old: The release that served.
        new: The one that serves now.
        back: The snapshot that was put back, if it is that of an epoch; None where a migration ran,
            and for databases from elsewhere, of which it is only known that ``new`` serves on them.
    """
    ended = _with(epochs.get(LIVE, []), old)
    again = epochs.get(back.name, []) if back else []
    return epochs | {snapshot: ended, LIVE: _with(again, new)}


def settle(layout: Layout, app: str, env: str, entry: journal.Entry) -> None:
    """End a switch that held requests and is committed; it can be run again."""
    found, copy = entry.get("epochs", {}), Path(entry["snapshot"])
    if copy.name in found:
        _keep_only(copy)
    else:  # nothing was changed: what it holds is what is live
        shutil.rmtree(copy, ignore_errors=True)
    write(layout, app, env, found)
    journal.clear(layout, app, env)


def _keep_only(snapshot: Path) -> None:
    """Remove the snapshots of earlier migrations: they are as large as the databases."""
    for path in snapshot.parent.iterdir():
        if path != snapshot:
            shutil.rmtree(path, ignore_errors=True)


def _with(ids: list[str], *more: str | None) -> list[str]:
    return list(dict.fromkeys([*ids, *(each for each in more if each)]))[-_MOST:]


def _path(layout: Layout, app: str, env: str) -> Path:
    return layout.app_dir(app, env) / "epochs.json"
