"""Paths of a release's tree that are links: to the data that outlives it, to its config files.

A release is read-only and goes one day; what an app writes into its own tree must do neither.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from flipside.errors import BadConfigError
from flipside.machine.users import Account, acting_as, own_folder


def link_data(tree: Path, data: Path, paths: Iterable[str], user: Account | None = None) -> None:
    """Replace paths of the tree by links into the data folder.

    What the release brings there is copied into the data the first time, and never again: data
    that exists is never written over. A file that nobody brings is a dangling link, through which
    the app (or SQLite) creates it.

    Args:
        tree: The working directory of a release that is being installed.
        data: The data folder of its environment.
        paths: Relative to the tree; a trailing slash says that it is a folder.
        user: Whose the data is, None for ours.

    Raises:
        BadConfigError: If a path leads out of the tree, or is a file and a folder at once.
    """
    own_folder(data, user)
    # Outer paths first: what lies within one that is linked is in the data already.
    for path in sorted(paths, key=lambda path: PurePosixPath(path).parts):
        here = _inside(tree, path, "data")
        target = data / here.relative_to(tree)
        linked = _is_linked(here.parent, tree)
        with acting_as(user):
            if not linked and os.path.lexists(here) and not os.path.lexists(target):
                _copy(here, target)
            _make(target, is_folder=path.endswith("/"))
        if not linked:
            _remove(here)
            _link(here, target)
            if user:
                # nginx follows a link only to what is its owner's.
                os.chown(here, user.uid, user.gid, follow_symlinks=False)


def link_files(tree: Path, files: Path, paths: Iterable[str]) -> None:
    """Replace paths of the tree by links to config files that each generation makes anew.

    Args:
        tree: The working directory of a release that is being installed.
        files: The folder, or the link to it, that those files will be in.
        paths: Relative to the tree.

    Raises:
        BadConfigError: If a path leads out of the tree, or into the data.
    """
    for path in paths:
        here = _inside(tree, path, "files")
        if _is_linked(here.parent, tree) or here.is_dir():
            raise BadConfigError(
                f"{path} cannot be a config file: it is a folder or lies in the data",
                where="`files:` in .flipside-app",
                next="move it out of `data:`, or name another file; then flipside app.publish",
            )
        here.unlink(missing_ok=True)
        _link(here, files / here.relative_to(tree))


def dangling_one_day(data: Path, releases: Path) -> list[str]:
    """Return the links in the data that lead into a release, and will lead nowhere once it is gone.

    Args:
        data: The data folder of an environment; looked at two folders deep, as uploads may be many.
        releases: The folder of its releases.

    Returns:
        Paths relative to the data, in order.
    """
    found = [path for pattern in ("*", "*/*") for path in data.glob(pattern) if path.is_symlink()]
    inside = (releases, releases.resolve())
    leads = (path for path in found if any(each in _target(path).parents for each in inside))
    return sorted(str(path.relative_to(data)) for path in leads)


def _target(link: Path) -> Path:
    """Return what a link names, not what that may be a link to in turn."""
    return Path(os.path.normpath(link.parent / os.readlink(link)))


def _inside(tree: Path, path: str, key: str) -> Path:
    parts = PurePosixPath(path).parts
    if parts and parts[0] != "/" and ".." not in parts:
        return tree.joinpath(*parts)
    raise BadConfigError(
        f"{path!r} is no path inside of the app's tree",
        where=f"`{key}:` in .flipside-app",
        next="name it relative to the tree, without `..`; then flipside app.publish",
    )


def _is_linked(folder: Path, tree: Path) -> bool:
    """Return whether ``folder`` or what it lies in is a link."""
    return any(
        parent.is_symlink() for parent in (folder, *folder.parents) if tree in parent.parents
    )


def _remove(here: Path) -> None:
    if not os.path.lexists(here):
        return
    if here.is_dir() and not here.is_symlink():
        shutil.rmtree(here)
    else:
        here.unlink()


def _copy(here: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # Renamed when whole: data that was half copied would never be completed.
    new = target.with_name(f".{target.name}.new")
    if here.is_dir():
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(here, new, symlinks=True)
    else:
        shutil.copy2(here, new)
    new.rename(target)


def _make(target: Path, *, is_folder: bool) -> None:
    if is_folder and target.exists() and not target.is_dir():
        raise BadConfigError(
            f"{target.name} is a file, and `data:` calls it a folder",
            where=str(target),
            next="leave out the slash at its end in .flipside-app, then flipside app.publish",
        )
    (target if is_folder else target.parent).mkdir(parents=True, exist_ok=True)


def _link(here: Path, target: Path) -> None:
    here.parent.mkdir(parents=True, exist_ok=True)
    here.symlink_to(target)
