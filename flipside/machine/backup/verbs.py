"""Verbs about backups: how they stand, and passes, proofs and lists of them."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any

from flipside.backup import verify
from flipside.backup.catalogue import entries, within
from flipside.backup.database.drill import drill
from flipside.backup.errors import BackupError
from flipside.backup.history import moments
from flipside.backup.local import Local
from flipside.backup.outcome import Outcome
from flipside.backup.places import Places
from flipside.backup.report import settle, standings
from flipside.backup.watch import Watch
from flipside.machine.backup.backups import Backups, name_of
from flipside.machine.verbs.context import Context


def backup_status(
    context: Context, app: str | None = None, env: str | None = None
) -> dict[str, Any]:
    """Return how the backups stand.

    Returns:
        ``{"repository", "here", "every", "recipients", "subjects"}``: where it is, whether that is on
        this machine, seconds between passes, public keys, and each `flipside.backup.report.Standing`.
    """
    backups = Backups(context.layout)
    settings, local = backups.settings, backups.local()
    return {
        "repository": settings.repository,
        "here": PurePosixPath(settings.repository).is_absolute(),
        "every": settings.every,
        "recipients": backups.recipients(),
        "subjects": [
            asdict(one) for one in standings(local, time.time()) if within_app(one.name, app, env)
        ],
    }


def within_app(name: str, app: str | None, env: str | None) -> bool:
    """Return whether a subject is an app's, in its environment if one is named; all are None's."""
    parts = name.split("/")
    return app in (None, parts[0]) and env in (None, parts[1])


def backup_now(
    context: Context, app: str | None = None, env: str | None = None
) -> list[dict[str, Any]]:
    """Make a pass over an environment's data, or all; return `Outcome.as_dict` of each subject."""
    backups = Backups(context.layout)
    local = backups.local()
    places = backups.places(local, app, env)
    _require(places, app, env)
    told: list[Outcome] = []
    watch = Watch(local, places, backups.settings.retention, backups.identities(), told.append)
    with local.writing():
        outcomes = watch.once()
        _settle(local, places, app, env)
    return [one.as_dict() for one in outcomes]


def _settle(local: Local, places: Places, app: str | None, env: str | None) -> None:
    """Write down what is gone of what was asked for; of all else nothing is known here."""
    now = time.time()
    others = {one.name for one in standings(local, now) if not within_app(one.name, app, env)}
    settle(local, others | {one.name for one in places.known()}, now)


def _require(places: Places, app: str | None, env: str | None) -> None:
    if places.all():
        return
    if app is None:
        what, then = "there is no app yet", "flipside app.publish && flipside app.deploy"
    else:
        what, then = f"there is no data of {app}{f' in {env}' if env else ''}", "flipside app.list"
    raise BackupError(what, None, then)


def backup_list(context: Context, app: str, env: str) -> list[dict[str, Any]]:
    """Return the moments that an environment's data can be restored to, the earliest first.

    Returns:
        ``{"file", "kind", "id", "at", "size"}`` of each: a database's path in the data dir, or the
        folder of the other files as ``.``; seconds since 1970; bytes.
    """
    backups = Backups(context.layout)
    local = backups.local()
    keys, name = backups.keys(local), name_of(app, env)
    chosen = within(entries(local.repository, keys), name)
    if not chosen:
        raise BackupError(f"nothing of {app} in {env} was kept yet", None, "flipside backup.now")
    found = [
        {
            "file": entry.name.removeprefix(name).lstrip("/") or ".",
            "kind": entry.kind,
            "id": each.id,
            "at": each.at,
            "size": each.size,
        }
        for entry in chosen
        for each in moments(local.repository, entry, keys)
    ]
    return sorted(found, key=lambda one: one["at"])


def backup_verify(context: Context) -> list[dict[str, Any]]:
    """Read and authenticate everything; return `flipside.backup.verify.Verified` of each subject."""
    backups = Backups(context.layout)
    local = backups.local()
    return [asdict(one) for one in verify.verify(local, backups.keys(local))]


def backup_drill(
    context: Context, app: str | None = None, env: str | None = None
) -> list[dict[str, Any]]:
    """Restore every database to scratch, compare it with the live one, and remember the proof.

    Returns:
        `flipside.backup.database.drill.Drilled.as_dict` of each.
    """
    backups = Backups(context.layout)
    local = backups.local()
    places = backups.places(local, app, env)
    _require(places, app, env)
    keys = backups.keys(local)
    return [drill(local, writer, keys).as_dict() for writer in places.databases()]
