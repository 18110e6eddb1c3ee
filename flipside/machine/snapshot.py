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
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from flipside.errors import DeployError

_MAGIC = b"SQLite format 3\0"
_COMPANIONS = ("-wal", "-shm", "-journal")
_MANIFEST = ".snapshot.json"
_STAGED = ".flipside-restore"
_EMPTY = re.compile(r".*\.(db|db3|sqlite|sqlite3)$", re.IGNORECASE)
# What quick_check says about values, not about the file: an app may live with these.
_ABOUT_VALUES = re.compile(r"(NULL|NUMERIC|TEXT|BLOB|INT|REAL|non-\w+) value|CHECK constraint")
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@dataclass(frozen=True)
class _File:
    path: str
    mode: int
    uid: int
    gid: int
    empty: bool


def take(data: Path, into: Path) -> list[str]:
    """Copy every SQLite database below a folder; the app that writes them is stopped.

    A file of 0 bytes named like a database is noted as such. Symbolic links are not followed.

    Args:
        data: The app's data dir.
        into: The snapshot, a new folder on any file system; whole once it exists.

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
        files = _find(data)
        for file in files:
            _copy(data, draft, file)
        _write(draft / _MANIFEST, json.dumps([asdict(file) for file in files]))
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise DeployError(f"cannot copy the databases: {error}", str(into)) from error
        raise
    draft.rename(into)
    _sync(into.parent)
    return [file.path for file in files if not file.empty]


def state(data: Path) -> dict[str, tuple[int, int]]:
    """Return size and mtime (ns) of every database below `data`, and of what is still beside it.

    The same state before and after a command says that it changed nothing. Nothing may have a
    database open, or have died with one open: `take` has seen to that.
    """
    files = [path for file in _find(data) for path in _written(data / file.path)]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def _written(path: Path) -> list[Path]:
    beside = [each for each in _companions(path) if not each.name.endswith("-shm")]
    return [path, *(each for each in beside if each.exists() and each.stat().st_size)]


def restore(data: Path, snapshot: Path) -> list[str]:
    """Put every database back as it was; nothing may have one open. Killed midway, run it again.

    Databases made since the snapshot are removed. Everything is checked and copied into place
    beside the live files first, so that a damaged snapshot or a full disk changes nothing.

    Returns:
        The databases restored, relative to `data`, sorted.

    Raises:
        DeployError: The snapshot is incomplete or damaged, or the disk is full.
    """
    files = _read(snapshot)
    for file in files:
        if not file.empty:
            _check(snapshot / file.path, "the snapshot of this database is damaged")
    _unstage(data)
    try:
        for file in files:
            _stage(data, snapshot, file)
    except OSError as error:
        _unstage(data)
        raise DeployError(f"cannot restore the databases: {error}", str(data)) from error
    known = {file.path for file in files}
    for found in _find(data):
        if found.path not in known:
            _remove(data / found.path)
    for file in files:
        _replace(data / file.path)
    return [file.path for file in files if not file.empty]


def _find(data: Path) -> list[_File]:
    """Return the databases below `data`, sorted; of files with 0 bytes, those named like one."""
    found = []
    for path in _walk(data):
        empty = _kind(path)
        if empty is not None and not path.name.endswith(_STAGED):
            info = path.stat()
            name = str(path.relative_to(data))
            found.append(_File(name, info.st_mode & 0o7777, info.st_uid, info.st_gid, empty))
    return sorted(found, key=lambda file: file.path)


def _walk(data: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(data):
        for name in names:
            path = Path(folder, name)
            # A link may lead to where the app may not even look.
            if not path.is_symlink() and path.is_file():
                yield path


def _kind(path: Path) -> bool | None:
    """Return False for a database, True for an empty one, None for any other file."""
    try:
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        return None
    if head == _MAGIC:
        return False
    return True if not head and _EMPTY.match(path.name) else None


def _copy(data: Path, draft: Path, file: _File) -> None:
    copy = draft / file.path
    copy.parent.mkdir(parents=True, exist_ok=True)
    if file.empty:
        return
    try:
        with _open(data / file.path, "rw") as live, _open(copy, "rwc") as target:
            live.execute("BEGIN")
            live.execute("SELECT count(*) FROM sqlite_master")  # locks; backup would retry for ever
            live.backup(target)
    except sqlite3.Error as error:
        raise DeployError(f"cannot copy the database: {error}", str(data / file.path)) from error
    _check(copy, "this database is damaged", data / file.path)
    _sync(copy)
    _sync(copy.parent)


@contextlib.contextmanager
def _open(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a database; ``rw``, not ``ro``: a hot journal or WAL is rolled back or in first."""
    source = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(source, uri=True, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def _check(copy: Path, what: str, blame: Path | None = None) -> None:
    """Raise when a copy is damaged; what it cannot know (unknown collations) it lets pass."""
    source = f"{copy.absolute().as_uri()}?mode=ro&immutable=1"  # immutable: no -wal beside the copy
    with contextlib.closing(sqlite3.connect(source, uri=True)) as connection:
        try:
            rows = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
        except sqlite3.DatabaseError as error:
            rows = [str(error)] if error.sqlite_errorcode & 0xFF in _DAMAGED else []
    lines = [line for row in rows for line in row.splitlines()]
    faults = [line for line in lines if line != "ok" and not _ABOUT_VALUES.match(line)]
    if faults:
        shown = "\n".join(faults[:10])
        raise DeployError(f"{what}; nothing was changed\n{shown}", str(blame or copy))


def _read(snapshot: Path) -> list[_File]:
    try:
        return [_File(**entry) for entry in json.loads((snapshot / _MANIFEST).read_text())]
    except (OSError, ValueError, TypeError) as error:
        raise DeployError(f"no complete snapshot: {error}", str(snapshot)) from error


def _stage(data: Path, snapshot: Path, file: _File) -> None:
    """Copy a database to beside its place, with its owner and mode."""
    staged = _staged(data / file.path)
    staged.parent.mkdir(parents=True, exist_ok=True)
    staged.unlink(missing_ok=True)
    staged.touch(0o600)
    if not file.empty:
        shutil.copyfile(snapshot / file.path, staged)
    info = staged.stat()
    if (info.st_uid, info.st_gid) != (file.uid, file.gid):
        os.chown(staged, file.uid, file.gid)
    staged.chmod(file.mode)
    _sync(staged)


def _staged(path: Path) -> Path:
    return path.with_name(path.name + _STAGED)


def _unstage(data: Path) -> None:
    for path in _walk(data):
        if path.name.endswith(_STAGED):
            path.unlink(missing_ok=True)


def _replace(path: Path) -> None:
    """Swap a staged copy in, its predecessor's companions gone before."""
    for companion in _companions(path):
        companion.unlink(missing_ok=True)
    _sync(path.parent)
    _staged(path).replace(path)
    _sync(path.parent)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    for companion in _companions(path):
        companion.unlink(missing_ok=True)
    _sync(path.parent)


def _companions(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in _COMPANIONS]


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
