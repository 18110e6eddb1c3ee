"""The SQLite databases below a folder, found by what they are rather than by their names."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flipside.errors import DeployError
from flipside.sqlite_files import BESIDE, MAGIC

STAGED = ".flipside-restore"
"""What the name of a copy ends with that is about to take a database's place."""
_EMPTY = re.compile(r".*\.(db|db3|sqlite|sqlite3)$", re.IGNORECASE)


@dataclass(frozen=True)
class Database:
    """A file that is a database, or lies where one is to be.

    Attributes:
        path: Where, relative to the folder.
        mode: Its permissions.
        uid: Its owner's number.
        gid: Its group's number.
        empty: Whether it has 0 bytes, and only its name tells what it will be.
        raw: Whether SQLite cannot read it, so that it can only be copied byte for byte.
    """

    path: str
    mode: int
    uid: int
    gid: int
    empty: bool
    raw: bool = False


def find(data: Path) -> list[Database]:
    """Return the databases below a folder, sorted; of files with 0 bytes, those named like one.

    Links are not followed, as they may lead to where the app may not even look.
    """
    found = []
    for path in files(data):
        empty = _kind(path)
        if empty is not None and not path.name.endswith(STAGED):
            found.append(_described(data, path, empty=empty, raw=False))
    return sorted(found, key=lambda file: file.path)


def unreadable(data: Path, paths: Iterable[str]) -> list[Database]:
    """Return the files that lie where databases are to be, and that `find` takes for none.

    Args:
        data: The folder.
        paths: Where the databases are to be, relative to it.

    Raises:
        DeployError: If something else than a file lies there.
    """
    known = {file.path for file in find(data)}
    others = [data / path for path in paths if path not in known and os.path.lexists(data / path)]
    for path in others:
        if path.is_symlink() or not path.is_file():
            what = "a database would come in the place of what is no file"
            raise DeployError(what, str(path), "move it away")
    return [_described(data, path, empty=False, raw=True) for path in others]


def files(data: Path) -> Iterator[Path]:
    """Yield every file below a folder, and no link."""
    for folder, _, names in os.walk(data):
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and path.is_file():
                yield path


def companions(path: Path) -> list[Path]:
    """Return the names of what SQLite keeps beside a database, and would apply to any in its place."""
    return [path.with_name(path.name + suffix) for suffix in BESIDE]


def lasting(path: Path) -> list[Path]:
    """Return a database, and the names of what of it may lie beside; its -shm is made anew."""
    return [path, *(each for each in companions(path) if not each.name.endswith("-shm"))]


def _at_once(path: str, flags: int) -> int:
    """Open a file that may be a pipe or a link by now: its app can change it meanwhile."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW)


def _kind(path: Path) -> bool | None:
    """Return False for a database, True for an empty one, None for any other file."""
    try:
        with open(path, "rb", opener=_at_once) as file:
            head = file.read(len(MAGIC))
    except FileNotFoundError:
        return None
    if head == MAGIC:
        return False
    return True if not head and _EMPTY.match(path.name) else None


def _described(data: Path, path: Path, *, empty: bool, raw: bool) -> Database:
    info = path.stat()
    name = str(path.relative_to(data))
    return Database(name, info.st_mode & 0o7777, info.st_uid, info.st_gid, empty, raw)
