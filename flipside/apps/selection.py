"""Which files of an app's folder are packaged: as it stands, without what is no source."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from flipside.apps.ignore import (
    Rules,
    checkout_of,
    ignored,
    rules_above,
    rules_below,
    spec_of,
    tracked,
)
from flipside.errors import BuildError
from flipside.sqlite_files import BESIDE

NEVER = {".git", ".hg", ".svn", "__pycache__"}
NEVER_PREFIX = ".flipside"
BYTECODE = (".pyc", ".pyo")
VENV = "pyvenv.cfg"
IGNORED_ANYWAY = {"node_modules"}
WILDCARDS = "*?["


@dataclass(frozen=True)
class Member:
    """One file or symbolic link to package.

    Args:
        name: Path in the tree, with ``/``.
        path: Path on this machine.
        link: What a symbolic link points at, relative to itself; None for a file.
        executable: Whether its owner may execute it.
        size: Bytes.
    """

    name: str
    path: Path
    link: str | None
    executable: bool
    size: int


@dataclass
class Selection:
    """The rules of one packaging.

    Args:
        folder: The app's folder.
        data: Paths of the tree that live in the data dir.
        include: Patterns of files packaged although git ignores them.
        exclude: Patterns of files left out.
        narrate: Told of what is left out because it cannot be packaged.
    """

    folder: Path
    data: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    narrate: Callable[[str], None] = print
    tracked: frozenset[str] = field(init=False, default=frozenset())
    tracked_folders: frozenset[str] = field(init=False, default=frozenset())

    def members(self) -> list[Member]:
        """Return what to package, sorted by name.

        Raises:
            BuildError: A folder cannot be read, or a symbolic link leads out of the folder.
        """
        self.folder = self.folder.resolve()
        top = checkout_of(self.folder)
        self.tracked = tracked(self.folder) if top else frozenset()
        parents = (PurePosixPath(name).parents for name in self.tracked)
        self.tracked_folders = frozenset(f"{p}/" for above in parents for p in above)
        self._included, self._excluded = spec_of(self.include), spec_of(self.exclude)
        above = rules_above(self.folder, top) if top else ()
        return sorted(self._walk("", above, below_ignored=False), key=lambda m: m.name)

    def _walk(self, folder: str, rules: Rules, *, below_ignored: bool) -> Iterator[Member]:
        rules = rules_below(self.folder, folder, rules)
        for entry in _entries(self.folder / folder):
            name = folder + entry.name
            if _never(entry) or self._is_data_apart(name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._folder(f"{name}/", entry, rules, below_ignored=below_ignored)
            elif self._wanted(name, rules, below_ignored=below_ignored):
                yield from self._member(name, entry)

    def _folder(
        self, name: str, entry: os.DirEntry[str], rules: Rules, *, below_ignored: bool
    ) -> Iterator[Member]:
        out = below_ignored or entry.name in IGNORED_ANYWAY or ignored(rules, name)
        if self._excluded.match_file(name) or (Path(entry.path) / VENV).exists():
            return
        if not out or name in self.tracked_folders or self._may_include_below(name):
            yield from self._walk(name, rules, below_ignored=out)

    def _wanted(self, name: str, rules: Rules, *, below_ignored: bool) -> bool:
        if self._excluded.match_file(name):
            return False
        return (
            name in self.tracked
            or self._included.match_file(name)
            or not (below_ignored or ignored(rules, name))
        )

    def _is_data_apart(self, name: str) -> bool:
        """Say whether this is a developer's own data, untracked by git: never to be shipped."""
        if name in self.tracked or f"{name}/" in self.tracked_folders:
            return False
        return any(_is_or_below(name, path.rstrip("/")) for path in self.data)

    def _may_include_below(self, name: str) -> bool:
        """Say whether an include pattern may match within an ignored folder."""
        return any(_reaches(pattern, name) for pattern in self.include)

    def _member(self, name: str, entry: os.DirEntry[str]) -> Iterator[Member]:
        path = Path(entry.path)
        found = entry.stat(follow_symlinks=False)
        if entry.is_symlink():
            yield Member(name, path, _link(path, self.folder), executable=False, size=0)
        elif entry.is_file(follow_symlinks=False):
            executable = bool(found.st_mode & stat.S_IXUSR)
            yield Member(name, path, None, executable, found.st_size)
        else:
            self.narrate(f"warning: left out {name}: neither a file nor a folder")


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as e:
        hint = "make it readable, or leave it out with `build: exclude:` in .flipside-app"
        raise BuildError(f"cannot read a folder: {e.strerror}", str(folder), hint) from e


def _never(entry: os.DirEntry[str]) -> bool:
    return (
        entry.name in NEVER or entry.name.startswith(NEVER_PREFIX) or entry.name.endswith(BYTECODE)
    )


def _is_or_below(name: str, data: str) -> bool:
    return name == data or name.startswith(f"{data}/") or name in {data + side for side in BESIDE}


def _reaches(pattern: str, folder: str) -> bool:
    """Say whether a gitignore pattern may match below a folder (``a/b/``)."""
    pattern = pattern.lstrip("!")
    if "/" not in pattern.rstrip("/"):
        return True
    fixed = pattern.lstrip("/")
    for wildcard in WILDCARDS:
        fixed = fixed.partition(wildcard)[0]
    return fixed.startswith(folder) or folder.startswith(fixed)


def _link(path: Path, folder: Path) -> str:
    """Return a link's target relative to the link; it must lie in the folder."""
    try:
        target = Path(os.path.realpath(path.parent)) / path.readlink()
        lexical = Path(os.path.normpath(target))
        outside = not path.resolve().is_relative_to(folder) or not lexical.is_relative_to(folder)
    except (OSError, RuntimeError) as e:
        raise BuildError(f"a symbolic link cannot be followed: {e}", str(path), f"rm {path}") from e
    if outside:
        hint = "replace it by what it points at, or leave it out with `build: exclude:`"
        raise BuildError(
            f"a symbolic link leads out of the app's folder: {path.readlink()}", str(path), hint
        )
    return os.path.relpath(lexical, os.path.realpath(path.parent))
