"""Copy every SQLite database of an app aside, as before a migration.

Closing any second descriptor of a database drops this process's POSIX locks on it, so files are looked
at before the first connection is opened, or after the last one was closed
(<https://sqlite.org/howtocorrupt.html>, 2.2).
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from flipside.errors import DeployError
from flipside.machine.databases import Database, find, lasting, unreadable
from flipside.machine.files import sync
from flipside.machine.integrity import faults

_MANIFEST = ".snapshot.json"
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def take(data: Path, into: Path, replacing: Collection[str] | None = None) -> list[str]:
    """Copy every SQLite database below a folder; the app that writes them is stopped.

    A file of 0 bytes named like a database is noted as such. Symbolic links are not followed.

    Args:
        data: The app's data dir.
        into: The snapshot, a new folder on any file system; whole once it exists.
        replacing: The databases that are about to replace all of these. Then a damaged one is no
            obstacle: it is copied byte for byte, and so is whatever lies in their places. None
            where the databases are to be worked on.

    Returns:
        The databases copied, relative to `data`, sorted.

    Raises:
        DeployError: A database is damaged or locked, or `into` exists. No snapshot is left.
    """
    if into.exists():
        raise DeployError("a snapshot of that name exists", str(into))
    draft = into.with_name(into.name + ".tmp")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700, parents=True)
    try:
        found = [*find(data), *unreadable(data, replacing or ())]
        copied = [_copy(data, draft, each, strict=replacing is None) for each in found]
        _write(draft / _MANIFEST, json.dumps([asdict(each) for each in copied]))
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise DeployError(f"cannot copy the databases: {error}", str(into)) from error
        raise
    draft.rename(into)
    sync(into.parent)
    return sorted(each.path for each in copied if not each.empty)


def copy_one(live: Path, copy: Path) -> list[str]:
    """Copy one database as a transaction sees it, be it in use or not.

    Args:
        live: The database.
        copy: The copy, in a folder that is there.

    Returns:
        What is damaged of it, in lines.

    Raises:
        DeployError: It cannot be read otherwise, as one that is locked for 5 seconds.
    """
    try:
        with _open(live, "rw") as source, _open(copy, "rwc") as target:
            source.execute("BEGIN")
            source.execute(
                "SELECT count(*) FROM sqlite_master"
            )  # locks; backup would retry for ever
            source.backup(target)
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGED:
            return [str(error)]
        raise DeployError(f"cannot copy the database: {error}", str(live)) from error
    return faults(copy)


def complete(folder: Path) -> list[str]:
    """Make a folder that holds databases, and nobody writes to, a snapshot of just these.

    Args:
        folder: Where they lie as they are to lie below a data dir, with their permissions.

    Returns:
        The databases, relative to the folder, sorted.
    """
    found = find(folder)
    _write(folder / _MANIFEST, json.dumps([asdict(each) for each in found]))
    return [each.path for each in found if not each.empty]


def databases(snapshot: Path) -> dict[str, bool]:
    """Return the databases in a snapshot, relative to it, and whether SQLite could read each.

    Those of 0 bytes are left out.

    Raises:
        DeployError: The snapshot is incomplete.
    """
    return {each.path: not each.raw for each in listed(snapshot) if not each.empty}


def refuse(found: list[str], what: str, where: Path) -> None:
    """Raise DeployError if there are faults: in ten lines what, and where."""
    if found:
        shown = "\n".join(found[:10])
        raise DeployError(f"{what}; nothing was changed\n{shown}", str(where))


def listed(snapshot: Path) -> list[Database]:
    """Return what is in a snapshot. Raises DeployError if it is incomplete."""
    try:
        return [Database(**entry) for entry in json.loads((snapshot / _MANIFEST).read_text())]
    except (OSError, ValueError, TypeError) as error:
        raise DeployError(f"no complete snapshot: {error}", str(snapshot)) from error


def taken(snapshot: Path) -> str:
    """Return when a snapshot was taken, as ISO 8601 in UTC."""
    moment = (snapshot / _MANIFEST).stat().st_mtime
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def state(data: Path) -> dict[str, tuple[int, int]]:
    """Return size and mtime (ns) of every database below `data`, and of what is still beside it.

    The same state before and after a command says that it changed nothing. Nothing may have a
    database open, or have died with one open: `take` has seen to that.
    """
    written = [path for each in find(data) for path in _written(data / each.path)]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in written}


def _written(path: Path) -> list[Path]:
    beside = [each for each in lasting(path)[1:] if each.exists() and each.stat().st_size]
    return [path, *beside]


def _copy(data: Path, draft: Path, file: Database, *, strict: bool) -> Database:
    """Copy one database, or note that it has no bytes; return what the copy is."""
    live, copy = data / file.path, draft / file.path
    copy.parent.mkdir(parents=True, exist_ok=True)
    if file.empty:
        return file
    raw = file.raw
    if not raw:
        found = copy_one(live, copy)
        refuse(found if strict else [], "this database is damaged", live)
        raw = bool(found)
    if raw:
        for source, target in zip(lasting(live), lasting(copy), strict=True):
            if source.exists():
                shutil.copyfile(source, target)
                sync(target)
    sync(copy)
    sync(copy.parent)
    return replace(file, raw=raw)


@contextlib.contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a database; ``rw``, not ``ro``: a hot journal or WAL is rolled back or in first."""
    source = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(source, uri=True, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    sync(path)
    sync(path.parent)
