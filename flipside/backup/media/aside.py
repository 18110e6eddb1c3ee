"""What is in the way of a restore: it is given another name beside, and stays."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from flipside.backup import beneath
from flipside.machine.files import aside
from flipside.sqlite_files import BESIDE, MAGIC

_LONGEST = 255 - len("-journal")
"""Bytes of a name that leaves room for what belongs to a database."""


class Aside:
    """Sets aside what is in the way of one restore.

    Args:
        folder: The folder that is restored into.

    Attributes:
        kept: Where that is now which was in the way.
    """

    def __init__(self, folder: Path) -> None:
        self.kept: list[Path] = []
        self._folder = folder
        self._suffix = aside()

    def set(self, folder: int, path: str) -> None:
        """Give what is at a path another name, or a second one, so that its place is never empty.

        Args:
            folder: A descriptor of the folder that it is in.
            path: Where it is, relative to the whole folder; nothing need be there.

        Raises:
            OSError: If it cannot be renamed.
        """
        above, _, name = path.rpartition("/")
        there = status(folder, name)
        if not there:
            return
        room = _LONGEST - len(self._suffix)
        kept = os.fsdecode(os.fsencode(name)[:room]) + self._suffix
        beside = BESIDE if stat.S_ISREG(there.st_mode) and _is_database(folder, name) else ()
        try:
            os.link(name, kept, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        except OSError:  # a folder, another's file, or no file system with links
            os.rename(name, kept, src_dir_fd=folder, dst_dir_fd=folder)
        for suffix in beside:
            with suppress(FileNotFoundError):
                os.rename(name + suffix, kept + suffix, src_dir_fd=folder, dst_dir_fd=folder)
        self.kept.append(self._folder / above / kept)


def status(folder: int, name: str) -> os.stat_result | None:
    """Return what something in a folder is, None if nothing is there."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_database(folder: int, name: str) -> bool:
    try:
        file = beneath.regular(folder, name)
    except OSError:
        return False
    try:
        return os.read(file, len(MAGIC)) == MAGIC
    finally:
        os.close(file)
