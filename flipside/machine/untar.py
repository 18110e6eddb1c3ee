"""Unpacking a packaged tree, so that nothing of it can land outside of its folder.

What ``tarfile``'s ``data`` filter does, which Debian 12's Python 3.11.2 has not got.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path
from typing import IO

from flipside.errors import BuildError


def unpack(archive: Path, folder: Path) -> None:
    """Unpack ``archive`` into ``folder``, which must be new or empty.

    Owners are ours, and of the modes only whether a file is executable is kept. Times are now: an
    archive has none, and nginx tells an old static file from a new one of its size by its time.

    Raises:
        BuildError: If it is no archive, is cut short, or has a member that would lie outside of
            the folder, point outside of it, or is a device.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _unpack_one(tar, member, folder)
    except (tarfile.TarError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's trouble, not the archive's
        raise BuildError(
            f"the release's tree cannot be unpacked: {error}", str(archive), "flipside app.publish"
        ) from error


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    target = _inside(folder, folder / member.name, member)
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.isdir():
        target.mkdir(exist_ok=True)
    elif member.issym():
        _inside(folder, target.parent / member.linkname, member)
        target.symlink_to(member.linkname)
    elif member.islnk():
        target.hardlink_to(_inside(folder, folder / member.linkname, member))
    elif member.isreg() and (source := tar.extractfile(member)):
        _write(source, member, target)
    else:
        raise BuildError(f"{member.name} is neither file, folder nor link", next=_EXCLUDE)


def _write(source: IO[bytes], member: tarfile.TarInfo, target: Path) -> None:
    with source, target.open("xb") as file:
        shutil.copyfileobj(source, file)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)


def _inside(folder: Path, path: Path, member: tarfile.TarInfo) -> Path:
    """Return ``path`` if, with the links on its way followed, it lies inside of ``folder``."""
    root = os.path.realpath(folder)
    real = os.path.realpath(path)
    if os.path.isabs(member.name) or not f"{real}/".startswith(f"{root}/"):
        raise BuildError(f"{member.name} would lead out of the release's tree", next=_EXCLUDE)
    return path


_EXCLUDE = "leave it out with `build: exclude:` in .flipside-app, then flipside app.publish"
