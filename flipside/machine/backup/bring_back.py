"""Verbs that bring data back: into its app, or out of the machine."""

from __future__ import annotations

import os
import tarfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flipside.backup import report, when
from flipside.backup.catalogue import Entry, entries, path_within, within
from flipside.backup.database.chains import find
from flipside.backup.database.restore import restore
from flipside.backup.errors import BackupError
from flipside.backup.history import moments
from flipside.backup.local import Local
from flipside.backup.media import restore as restore_files
from flipside.backup.moment import Until
from flipside.backup.names import DATABASE, FILES
from flipside.backup.retention import DAY
from flipside.backup.scratch import scratch
from flipside.machine import snapshot, users
from flipside.machine.backup.backups import Backups, name_of
from flipside.machine.backup.verbs import backup_now
from flipside.machine.verbs.change import deployed
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.restore import restore_data


@dataclass(frozen=True)
class Wanted:
    """An environment's data at a moment.

    Attributes:
        backups: The platform's.
        local: This machine's side of the repository.
        name: What the data goes by.
        entries: Its databases and its other files.
        until: The moment.
    """

    backups: Backups
    local: Local
    name: str
    entries: list[Entry]
    until: Until

    def databases(self, into: Path) -> list[dict[str, Any]]:
        """Write each database that there was into a folder; return file and moment of each.

        Raises:
            BackupError: If none was kept by then.
            DamagedError: If one cannot be proven.
        """
        keys, made = self.backups.keys(self.local), []
        for entry in self.entries:
            if entry.kind == DATABASE and self._was_there(entry):
                file = path_within(entry, self.name)
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                chain = find(self.local.repository, entry.name, self.until, keys)
                done = restore(chain, self.until, target, replace=False)
                made.append({"file": file, "id": done.moment.id, "at": done.moment.at})
        if not made and not self._files():
            lost = ", ".join(self.gone())
            what = f"{lost} was gone by then" if lost else f"nothing was kept {self.until}"
            raise BackupError(what, self.name, "flipside backup.list")
        return made

    def gone(self) -> list[str]:
        """Return the databases that had been there, and were not any more."""
        known = [one for one in self.entries if one.kind == DATABASE and self._was_gone(one)]
        return [path_within(one, self.name) for one in known]

    def _was_there(self, entry: Entry) -> bool:
        keys = self.backups.keys(self.local)
        first = next(iter(moments(self.local.repository, entry, keys)))
        return self.until.includes(first) and not self._was_gone(entry)

    def _was_gone(self, entry: Entry) -> bool:
        gone = report.gone(self.local).get(entry.name)
        return gone is not None and (self.until.at or 0) > gone

    def _files(self) -> list[Entry]:
        return [one for one in self.entries if one.kind == FILES and self._was_there(one)]

    def files(self, into: Path, user: users.Account | None) -> dict[str, Any]:
        """Write the other files that there were into a folder."""
        keys, found = self.backups.keys(self.local), self._files()
        if not found:
            return {}
        acting, subject = partial(users.acting_as, user), found[0].epoch.subject
        done = restore_files(self.local.repository, subject, keys, into, self.until, acting=acting)
        kept = [str(path) for path in done.kept]
        return {"restored": done.restored, "unchanged": done.unchanged, "kept": kept}


def wanted(context: Context, app: str, env: str, at: str | None, to: str | None) -> Wanted:
    """Return what is to come back.

    Args:
        context: Where.
        app: The app's name.
        env: Its environment.
        at: A moment as a person writes it, not later than today.
        to: A moment's id, of the only database, or with a database's path and a colon before.

    Raises:
        BackupError: If there is no such moment.
    """
    backups = Backups(context.layout)
    local, name = backups.local(), name_of(app, env)
    keys = backups.keys(local)
    chosen = within(entries(local.repository, keys), name)
    if not chosen:
        raise BackupError(f"nothing of {app} in {env} was kept yet", None, "flipside backup.now")
    # What is kept from here on, as before a restore, is not meant.
    moment = _not_to_come(when.parse(at)) if at else time.time()
    if to:
        moment = _moment(local, backups, chosen, name, to)
    return Wanted(backups, local, name, chosen, Until(moment))


def _not_to_come(at: float) -> float:
    """Return a moment, or the present if it is the end of today. Raises BackupError if it is later."""
    now = time.time()
    if at >= now + DAY:
        raise BackupError(f"{when.show(at)} is yet to come", "--at", "leave it out for the present")
    return min(at, now)


def _moment(local: Local, backups: Backups, chosen: list[Entry], name: str, to: str) -> float:
    """Return the end of what goes by an id: until that database's next moment, all else is as it was."""
    file, _, number = to.rpartition(":")
    databases = [one for one in chosen if one.kind == DATABASE]
    named = [one for one in databases if one.name == f"{name}/{file}"] if file else databases
    if len(named) != 1:
        known = ", ".join(path_within(one, name) for one in databases)
        what = f"no database {file}" if file else "which database's id this is cannot be told"
        raise BackupError(f"{what}; there is {known or 'none'}", to, "write it as FILE:ID")
    until, found = Until(id=number), False
    for each in moments(local.repository, named[0], backups.keys(local)):
        if found:
            return each.at - 1e-6
        found = until.met_by(each)
    if found:
        return time.time()
    raise BackupError(f"there is no moment {to}", name, "flipside backup.list")


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
