"""Set every SQLite database of an app aside before a migration, and put it back if that fails.

Traps that shape this file:

- Closing any second descriptor of a database drops this process's POSIX locks on it, so files are
  looked at before the first connection is opened, or after the last one was closed
  (<https://sqlite.org/howtocorrupt.html>, 2.2).
- A ``-wal`` or ``-journal`` beside a file that it does not belong to corrupts it when next opened
  (the same, 1.4), so they go before the restored file arrives.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from flipside.errors import DeployError
from flipside.machine.databases import STAGED, Database, companions, files, find, unreadable
from flipside.machine.files import aside
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
        copied = [_copy(data, draft, each, refuse=replacing is None) for each in found]
        _write(draft / _MANIFEST, json.dumps([asdict(each) for each in copied]))
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise DeployError(f"cannot copy the databases: {error}", str(into)) from error
        raise
    draft.rename(into)
    _sync(into.parent)
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
    return {each.path: not each.raw for each in _read(snapshot) if not each.empty}


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
    beside = [each for each in _lasting(path)[1:] if each.exists() and each.stat().st_size]
    return [path, *beside]


def _lasting(path: Path) -> list[Path]:
    """Return a database, and the names of what of it may lie beside; its -shm is made anew."""
    return [path, *(each for each in companions(path) if not each.name.endswith("-shm"))]


def restore(data: Path, snapshot: Path) -> list[str]:
    """Put every database back as it was; nothing may have one open. Killed midway, run it again.

    Databases made since the snapshot are removed. Everything is checked and copied into place
    beside the live files first, so that a damaged snapshot or a full disk changes nothing.

    Returns:
        The databases restored, relative to `data`, sorted.

    Raises:
        DeployError: The snapshot is incomplete or damaged, the disk is full, or a file of the app's
            cannot be read.
    """
    wanted = _read(snapshot)
    for each in wanted:
        if not (each.empty or each.raw):
            found = faults(snapshot / each.path)
            _refuse(found, "the snapshot of this database is damaged", snapshot / each.path)
    try:
        _stage_all(data, snapshot, wanted)
        _swap_in(data, wanted)
    except OSError as error:
        raise DeployError(f"cannot restore the databases: {error}", str(data)) from error
    return sorted(each.path for each in wanted if not each.empty)


def _stage_all(data: Path, snapshot: Path, wanted: list[Database]) -> None:
    _unstage(data)
    try:
        for each in wanted:
            _stage(data, snapshot, each)
    except OSError:
        _unstage(data)
        raise


def _swap_in(data: Path, wanted: list[Database]) -> None:
    known = {each.path for each in wanted}
    for other in find(data):
        if other.path not in known:
            _remove(data / other.path)
    for each in wanted:
        _replace(data / each.path)


def _copy(data: Path, draft: Path, file: Database, *, refuse: bool) -> Database:
    """Copy one database, or note that it has no bytes; return what the copy is."""
    live, copy = data / file.path, draft / file.path
    copy.parent.mkdir(parents=True, exist_ok=True)
    if file.empty:
        return file
    raw = file.raw
    if not raw:
        found = copy_one(live, copy)
        _refuse(found if refuse else [], "this database is damaged", live)
        raw = bool(found)
    if raw:
        for source, target in zip(_lasting(live), _lasting(copy), strict=True):
            if source.exists():
                shutil.copyfile(source, target)
                _sync(target)
    _sync(copy)
    _sync(copy.parent)
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


def _refuse(found: list[str], what: str, where: Path) -> None:
    """Raise if there are faults."""
    if found:
        shown = "\n".join(found[:10])
        raise DeployError(f"{what}; nothing was changed\n{shown}", str(where))


def _read(snapshot: Path) -> list[Database]:
    try:
        return [Database(**entry) for entry in json.loads((snapshot / _MANIFEST).read_text())]
    except (OSError, ValueError, TypeError) as error:
        raise DeployError(f"no complete snapshot: {error}", str(snapshot)) from error


def _stage(data: Path, snapshot: Path, file: Database) -> None:
    """Copy a database to beside its place, with its owner and mode."""
    _make_folder(data, Path(file.path).parent)
    _stage_part(None if file.empty else snapshot / file.path, data / file.path, file)
    if file.raw:
        beside = zip(_lasting(snapshot / file.path), _lasting(data / file.path), strict=True)
        for source, target in list(beside)[1:]:
            if source.exists():
                _stage_part(source, target, file)


def _make_folder(data: Path, folder: Path) -> None:
    """Make a database's folder; a link or file that came in its place since is set aside."""
    data.mkdir(parents=True, exist_ok=True)
    for part in (data / each for each in reversed([folder, *folder.parents][:-1])):
        if part.is_symlink() or part.is_file():
            part.rename(part.with_name(part.name + aside()))
        part.mkdir(exist_ok=True)


def _stage_part(source: Path | None, path: Path, file: Database) -> None:
    staged = _staged(path)
    staged.unlink(missing_ok=True)
    staged.touch(0o600)
    if source:
        shutil.copyfile(source, staged)
    info = staged.stat()
    if (info.st_uid, info.st_gid) != (file.uid, file.gid):
        # Who may not give a file away keeps it: an app whose user had another number elsewhere.
        with contextlib.suppress(PermissionError):
            os.chown(staged, file.uid, file.gid)
    staged.chmod(file.mode)
    _sync(staged)


def _staged(path: Path) -> Path:
    return path.with_name(path.name + STAGED)


def _unstage(data: Path) -> None:
    for path in files(data):
        if path.name.endswith(STAGED):
            path.unlink(missing_ok=True)


def _replace(path: Path) -> None:
    """Swap a staged copy in, its predecessor's companions gone before."""
    for companion in companions(path):
        companion.unlink(missing_ok=True)
    _sync(path.parent)
    _staged(path).replace(path)
    for part in _lasting(path)[1:]:
        if _staged(part).exists():
            _staged(part).replace(part)
    _sync(path.parent)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    for companion in companions(path):
        companion.unlink(missing_ok=True)
    _sync(path.parent)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    _sync(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
