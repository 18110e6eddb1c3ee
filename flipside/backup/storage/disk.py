"""Writing to a disk: what is written outlives a power cut, and what is refused is told in words."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flipside.backup.errors import BackupError

_ROOM = "make room there; what was stored is whole, and the next pass goes on from it"
_RIGHTS = "let this user write there"
_LINKS = "use a file system with hard links and locks, such as ext4, xfs, btrfs or zfs"
_ADVICE = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "raise the limit on the size of files (ulimit -f), or use another file system",
    errno.EACCES: _RIGHTS,
    errno.EPERM: f"{_RIGHTS}; {_LINKS}",
    errno.EROFS: "mount it writable",
    errno.ENOTSUP: _LINKS,
    errno.ENOSYS: _LINKS,
    errno.ENOLCK: _LINKS,
    errno.ENOTDIR: "a file is where a folder has to be: move it away",
    errno.EEXIST: "a file is where a folder has to be: move it away",
    errno.EISDIR: "a folder is where a file has to be: move it away",
    errno.EIO: "see to the disk: dmesg has what it said",
}
_ELSE = "see that the disk is mounted and well, then try again"


@contextmanager
def telling(what: str, path: Path) -> Iterator[None]:
    """Turn what the system refuses into a BackupError that says what to do.

    Args:
        what: What is being tried, as in ``write``.
        path: What with.
    """
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, _ELSE)
        raise BackupError(f"cannot {what}: {error.strerror or error}", str(path), advice) from error


@contextmanager
def written(folder: Path, data: bytes) -> Iterator[Path]:
    """Hold a temporary file, until the end of the ``with`` statement, that outlives a power cut.

    Args:
        folder: Where it lies; made if need be, and nothing else may lie there.
        data: What it holds.

    Raises:
        OSError: If it cannot be written.
    """
    host = socket.gethostname()
    folder.mkdir(exist_ok=True)
    _sweep(folder, host)
    path = folder / f"{host}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _sweep(folder: Path, host: str) -> None:
    """Remove what writers left that were killed on this computer: of others' nothing is known."""
    from psutil import pid_exists

    for path in folder.iterdir():
        where, _, process = path.name.rpartition(".")[0].rpartition(".")
        if where == host and process.isdecimal() and not pid_exists(int(process)):
            path.unlink(missing_ok=True)
