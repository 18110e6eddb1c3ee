"""A folder that files are restored into, which its owner may change meanwhile.

Nothing is opened, made or renamed but beneath the folder, and no link there is followed. What is given
a mode or an owner was made here, or belongs to whom the folder belongs to: another's file, to which
somebody made a second name, stays as it is.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from flipside.backup import beneath
from flipside.backup.media.aside import Aside, status
from flipside.backup.media.contents import Contents
from flipside.backup.media.entry import Entry
from flipside.backup.media.likeness import Likeness, likeness
from flipside.backup.media.staging import Owner, dress, temporary_name
from flipside.backup.scan import Acting, Scan


class Target:
    """A folder that is restored into.

    Args:
        folder: The folder; it must exist.
        owner: Whose all is to be that is made; None for the process's own.
        acting: What it is looked at within; see `flipside.backup.scan.Scan`. What changes it is for the
            caller to call within that.
    """

    def __init__(self, folder: Path, owner: Owner | None, acting: Acting) -> None:
        self.folder, self.scan = folder, Scan(folder, acting)
        self._aside = Aside(folder)
        self._owner = owner
        self._uid = owner[0] if owner else folder.stat().st_uid

    @property
    def kept(self) -> tuple[Path, ...]:
        """Where that is now which was in the way."""
        return tuple(self._aside.kept)

    def likeness(self, entry: Entry, contents: Contents) -> Likeness:
        """Return how what is there compares to a file."""
        try:
            with self.scan.opened(entry.path) as file:
                return likeness(file, entry, contents, self._uid, self._owner)
        except OSError:
            return Likeness()

    def place(self, path: str, staged: str, *, keep: bool) -> None:
        """Put a staged file in its place; keep what is there beside if asked to."""
        with (
            beneath.parent(self.folder, staged) as (near, temporary),
            beneath.parent(self.folder, path) as (folder, name),
        ):
            if keep:
                self._aside.set(folder, path)
            os.rename(temporary, name, src_dir_fd=near, dst_dir_fd=folder)

    def correct(self, entry: Entry) -> None:
        """Give a file that has the right content its mode and time."""
        with beneath.parent(self.folder, entry.path) as (folder, name):
            file = beneath.regular(folder, name)
            try:
                if os.fstat(file).st_uid == self._uid:
                    dress(file, entry, self._owner)
            finally:
                os.close(file)

    def link(self, entry: Entry) -> bool:
        """Make a link; return whether it was another one, or none."""
        with beneath.parent(self.folder, entry.path) as (folder, name):
            target, whole = self._link(folder, name, entry.mtime_ns)
            if whole and target == entry.target:
                return False
            temporary = temporary_name()
            os.symlink(entry.target, temporary, dir_fd=folder)
            times = (entry.mtime_ns, entry.mtime_ns)
            os.utime(temporary, ns=times, dir_fd=folder, follow_symlinks=False)
            if self._owner:
                os.chown(temporary, *self._owner, dir_fd=folder, follow_symlinks=False)
            if target != entry.target:
                self._aside.set(folder, entry.path)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            return True

    def _link(self, folder: int, name: str, mtime_ns: int) -> tuple[str | None, bool]:
        """Return where a link leads to, if there is one, and whether its time and owner are right."""
        there = status(folder, name)
        if not there or not stat.S_ISLNK(there.st_mode):
            return None, False
        ours = self._owner in (None, (there.st_uid, there.st_gid))
        return os.readlink(name, dir_fd=folder), ours and there.st_mtime_ns == mtime_ns

    def make(self, entry: Entry) -> None:
        """Make a folder, for now one that can be written to."""
        with beneath.parent(self.folder, entry.path) as (folder, name):
            there = status(folder, name)
            is_new = not there or not stat.S_ISDIR(there.st_mode)
            if is_new:
                self._aside.set(folder, entry.path)
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)
                os.mkdir(name, 0o700, dir_fd=folder)
            with beneath.entered(folder, name) as made:
                if is_new and self._owner:
                    os.fchown(made, *self._owner)
                _set_mode(made, os.fstat(made).st_mode & 0o7777 | 0o700, self._uid)

    def settle(self, entry: Entry) -> None:
        """Give a folder its mode once all is in it."""
        with (
            beneath.parent(self.folder, entry.path) as (folder, name),
            beneath.entered(folder, name) as made,
        ):
            os.fsync(made)
            _set_mode(made, entry.mode & 0o7777, self._uid)

    def sync(self) -> None:
        """Make what was renamed in the folder outlive a power cut."""
        with beneath.held(self.folder) as top:
            os.fsync(top)


def _set_mode(folder: int, mode: int, uid: int) -> None:
    status = os.fstat(folder)
    if status.st_mode & 0o7777 != mode and status.st_uid in (uid, os.geteuid()):
        os.fchmod(folder, mode)
