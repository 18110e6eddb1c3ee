"""Verbs that bring data back: into its app, or out of the machine."""

from __future__ import annotations

import os
import tarfile
import time
from pathlib import Path
from typing import Any

from flipside.backup import when
from flipside.backup.scratch import scratch
from flipside.machine import snapshot, users
from flipside.machine.backup.verbs import backup_now
from flipside.machine.backup.wanted import wanted
from flipside.machine.verbs.change import deployed
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.restore import restore_data


def backup_restore(  # noqa: PLR0913, PLR0917 - the verb's own words
    context: Context, app: str, env: str, by: str, at: str | None = None, to: str | None = None
) -> dict[str, Any]:
    """Bring an environment's data back to a moment; no request is lost, and what was is kept.

    Args:
        context: Where.
        app: The app's name.
        env: Its environment.
        by: Who asks.
        at: The last moment until then; the last of all if None.
        to: A moment's id.

    Returns:
        The report of `restore_data`, with ``databases``, ``{"file", "id", "at"}`` of each, and
        ``files``, what became of the others; ``gone``, databases that were no more by then;
        ``undo``, the moment to go back to instead.

    Raises:
        BackupError: If there is no such moment.
        DeployError: If the release does not serve on that data; then all is as it was.
    """
    order = Order(context, app, env, by)
    deployed(order)
    asked = wanted(context, app, env, at, to)
    context.tell({"step": "Keep what there is now"})
    backup_now(context, app, env)
    undo = when.show(time.time(), exact=True)
    user = users.account(context.layout, app)
    with scratch(_place(order, user)) as folder:
        context.tell({"step": "Restore and prove"})
        (folder / "databases").mkdir()
        databases = asked.databases(folder / "databases")
        for one in databases:
            context.tell({"detail": f"{one['file']} as of {when.show(one['at'])}"})
        done = _put_back(order, folder, user, databases) if databases else {}
        files = asked.files(context.layout.data(app, env), user)
        gone = asked.gone()
    return done | {"databases": databases, "files": files, "gone": gone, "undo": undo}


def _put_back(
    order: Order, folder: Path, user: users.Account | None, databases: list[dict[str, Any]]
) -> dict[str, Any]:
    for one in databases:
        mode = _mode(order.layout.data(order.app, order.env) / one["file"], user)
        (folder / "databases" / one["file"]).chmod(mode)
    snapshot.complete(folder / "databases")
    users.give(folder, user)
    return restore_data(order, folder / "databases")


def _mode(live: Path, user: users.Account | None) -> int:
    """Return the permissions that a database has now; those of a new one if it is not there."""
    with users.acting_as(user):
        return live.stat().st_mode & 0o777 if live.is_file() else 0o640


def _place(order: Order, user: users.Account | None) -> Path:
    """Make a folder where the app's user can read, and no app can write."""
    folder = order.layout.app_dir(order.app, order.env) / "restore"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o750)
    if user:
        os.chown(folder, 0, user.gid)
    return folder


def backup_export(
    context: Context, app: str, env: str, at: str | None = None, to: str | None = None
) -> dict[str, Any]:
    """Write an environment's data at a moment into a tar archive, in plain; return where it is.

    Whoever called takes it from there, and removes it: `discard_export`.
    """
    asked = wanted(context, app, env, at, to)
    with scratch(asked.local.folder) as folder:
        databases = asked.databases(folder / "data")
        files = asked.files(folder / "data", None)
        path = _exports(context) / f"{app}-{env}-{os.urandom(4).hex()}.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            archive.add(folder / "data", f"{app}-{env}")
        path.chmod(0o600)
    return {"path": str(path), "databases": databases, "files": files}


def discard_export(context: Context, path: str) -> None:
    """Remove what `backup_export` wrote."""
    (_exports(context) / Path(path).name).unlink(missing_ok=True)


def _exports(context: Context) -> Path:
    return context.layout.backup / "exports"
