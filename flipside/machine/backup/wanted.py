"""What is to come back of an environment's data: which databases and files, as of which moment."""

from __future__ import annotations

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
from flipside.machine import users
from flipside.machine.backup.backups import Backups, name_of
from flipside.machine.verbs.context import Context


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
