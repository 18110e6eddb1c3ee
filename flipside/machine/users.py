"""The Unix user that an app runs as, and doing things as that user.

Root writes nothing into a folder of an app's under its own rights: the app may have put a link
there that leads to a file of root's.
"""

from __future__ import annotations

import grp
import hashlib
import os
import pwd
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.errors import MachineError
from flipside.machine.layout import Layout

# nginx's workers; they read static files and uploads, and reach the apps' sockets.
NGINX = "www-data"
_PREFIX = "app-"
_SHUT = 0o755
# useradd(8) takes 32 characters.
_LONGEST = 32


@dataclass(frozen=True)
class Account:
    """A user with a group of its own."""

    uid: int
    gid: int

    @property
    def for_child(self) -> dict[str, Any]:
        """Return what makes `subprocess.Popen` run a command as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": [self.gid], "umask": 0o027}

    def become(self) -> None:
        """Make this process the user's, for good."""
        os.setgroups([self.gid])
        os.setgid(self.gid)
        os.setuid(self.uid)
        os.umask(0o027)


def name_of(app: str) -> str:
    """Return the name of an app's user; one that is cut bears a hash and a `_`, which no app's has."""
    whole = _PREFIX + app
    if len(whole) <= _LONGEST:
        return whole
    digest = hashlib.sha256(app.encode()).hexdigest()[:8]
    return f"{whole[: _LONGEST - 9]}_{digest}"


def account(layout: Layout, app: str) -> Account | None:
    """Return an app's user, made if it is missing; None where one user runs everything.

    Raises:
        MachineError: If it cannot be made.
    """
    if layout.is_local:
        return None
    name = name_of(app)
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        _make(name)
        found = pwd.getpwnam(name)
    if NGINX not in grp.getgrgid(found.pw_gid).gr_mem:
        _run("usermod", "--append", "--groups", name, NGINX)
    return Account(found.pw_uid, found.pw_gid)


def existing(layout: Layout, app: str) -> Account | None:
    """Return an app's user; None where one user runs everything, or it has none yet.

    Raises:
        MachineError: If its data is there without it: nothing of that is done with root's rights.
    """
    if layout.is_local:
        return None
    try:
        found = pwd.getpwnam(name_of(app))
    except KeyError:
        what = f"the app's user {name_of(app)} is missing"
        raise MachineError(what, str(layout.apps / app), "flipside platform.apply") from None
    return Account(found.pw_uid, found.pw_gid)


def is_whole(layout: Layout, app: str) -> bool:
    """Return whether an app has its user, and nginx reaches what is that user's."""
    if layout.is_local:
        return True
    try:
        return NGINX in grp.getgrnam(name_of(app)).gr_mem and bool(pwd.getpwnam(name_of(app)))
    except KeyError:
        return False


def remove(layout: Layout, app: str) -> None:
    """Remove an app's user and its group, if it has them."""
    if not layout.is_local:
        # userdel(8) leaves a group that has another member, and nginx's user is one.
        for program in ("userdel", "groupdel"):
            subprocess.run([program, name_of(app)], capture_output=True, check=False)


def end_processes(layout: Layout, app: str) -> None:
    """Kill all that runs as an app's user: what a step left behind would be the next user's of its number."""
    if who := account(layout, app):
        # To all that the user may signal, but the sender: kill(2).
        subprocess.run(["/bin/sh", "-c", "kill -KILL -1"], check=False, **who.for_child)


def _make(name: str) -> None:
    shell = ("--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
    # A group that was left behind would be refused by `useradd --user-group`.
    _run("groupadd", "--system", "--force", name)
    _run("useradd", "--system", "--gid", name, *shell, name)


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    # Another deploy of the app may have made it meanwhile: 9, useradd(8).
    if done.returncode not in (0, 9):
        raise MachineError(done.stderr.strip(), " ".join(argv), "flipside platform.doctor")


@contextmanager
def acting_as(who: Account | None) -> Iterator[None]:
    """Do what is within the `with` with an app's rights, if it has a user of its own."""
    if who is None:
        yield
        return
    groups, umask = os.getgroups(), os.umask(0o027)
    os.setgroups([who.gid])
    os.setegid(who.gid)
    os.seteuid(who.uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
        os.umask(umask)


def own_folder(path: Path, who: Account | None, mode: int = 0o750) -> None:
    """Make a folder, an app's if it has a user, below one that only root can write to."""
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    if who:
        os.chown(path, who.uid, who.gid, follow_symlinks=False)


def give(folder: Path, who: Account | None) -> None:
    """Give a folder with all in it to an app; links, and what has a second name elsewhere, stay root's.

    Each folder after what lies in it: a process of the app's could put a link in the place of one
    that it has, and would be given what that leads to.
    """
    if who:
        for path, info in reversed(list(_walk(folder))):
            if stat.S_ISDIR(info.st_mode) or (stat.S_ISREG(info.st_mode) and info.st_nlink == 1):
                os.chown(path, who.uid, who.gid, follow_symlinks=False)


def take_back(folder: Path, who: Account | None) -> None:
    """Make root the owner of a folder with all in it that `give` gave, or the app made.

    Each folder before what lies in it, and with a mode that lets nobody else write: from then on the
    app cannot put anything else there. Its links stay its own: nginx follows none of root's that
    leads to another's file, nor one of the app's that leads to root's.
    """
    if who:
        for path, info in _walk(folder):
            if info.st_uid == who.uid and not stat.S_ISLNK(info.st_mode):
                os.chown(path, 0, who.gid, follow_symlinks=False)
                if stat.S_ISDIR(info.st_mode):
                    os.chmod(path, _SHUT)


def _walk(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield a folder and all in it, each folder before its contents are looked at; no link is followed."""
    waiting = [str(folder)]
    while waiting:
        path = waiting.pop()
        info = os.lstat(path)
        yield path, info
        if stat.S_ISDIR(info.st_mode):
            waiting += [entry.path for entry in os.scandir(path)]
