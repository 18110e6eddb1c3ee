"""Opening what lies beneath a folder, whatever its owner puts into the place of it meanwhile.

Each part of a path is opened from the one before, and none may be a link: so nothing that is opened
lies elsewhere, with whatever rights it is opened.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# Not blocking: a pipe would keep whoever opens it waiting for a writer.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_ANOTHER_KIND = {errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.ENODEV, errno.EINVAL}


@contextmanager
def held(top: Path) -> Iterator[int]:
    """Hold a descriptor of a folder; the path itself may have links in it.

    Raises:
        OSError: If it cannot be opened, or is no folder.
    """
    opened = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield opened
    finally:
        os.close(opened)


@contextmanager
def entered(folder: int, name: str) -> Iterator[int]:
    """Hold a descriptor of a folder in a folder.

    Raises:
        FileNotFoundError: If there is none, or something else.
        OSError: If it cannot be opened.
    """
    opened = _opened(folder, name, _FOLDER)
    try:
        yield opened
    finally:
        os.close(opened)


@contextmanager
def parent(top: Path, path: str) -> Iterator[tuple[int, str]]:
    """Hold a descriptor of the folder that a path ends in; yield it with the path's last part.

    Args:
        top: The folder that the path begins in.
        path: Parts with slashes between.

    Raises:
        FileNotFoundError: If there is no such folder, or something else in its place.
        OSError: If it cannot be opened.
    """
    *folders, name = path.split("/")
    opened = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for each in folders:
            inner = _opened(opened, each, _FOLDER)
            os.close(opened)
            opened = inner
        yield opened, name
    finally:
        os.close(opened)


def regular(folder: int, name: str) -> int:
    """Return a descriptor, for the caller to close, of a regular file in a folder.

    Raises:
        FileNotFoundError: If there is none, or something else.
        OSError: If it cannot be opened.
    """
    opened = _opened(folder, name, _FILE)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)
    raise FileNotFoundError(errno.ENOENT, "something else is in its place", name)


def link(folder: int, name: str) -> str:
    """Return where a link in a folder leads to.

    Raises:
        FileNotFoundError: If there is none, or something else.
        OSError: If it cannot be read.
    """
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError as error:
        raise _another(error, name) from None


def _opened(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        raise _another(error, name) from None


def _another(error: OSError, name: str) -> OSError:
    if error.errno in _ANOTHER_KIND:
        return FileNotFoundError(errno.ENOENT, "something else is in its place", name)
    return error
