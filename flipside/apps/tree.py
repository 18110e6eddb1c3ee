"""A source tree as one archive: the same files are the same bytes, whoever packages them."""

from __future__ import annotations

import gzip
import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from flipside.apps.cache import sha256
from flipside.apps.normal import mode_of
from flipside.apps.selection import Member, Selection
from flipside.errors import BuildError

NAME = "tree.tar.gz"
BIG = 200_000_000
"""Bytes of files above which packaging warns: a release is copied whole."""
LEVEL = 6


@dataclass(frozen=True)
class Tree:
    """A packaged tree: the archive, its SHA-256 (hex), and the names of the files in it."""

    path: Path
    sha256: str
    files: tuple[str, ...]


def package(selection: Selection, target: Path, narrate: Callable[[str], None]) -> Tree:
    """Package a folder as a gzipped tar archive.

    Args:
        selection: The folder and what of it to take.
        target: The archive's path.
        narrate: Told of a tree that is very big.

    Raises:
        BuildError: Nothing is left to package, a file cannot be read, or the disk is full.
    """
    members = selection.members()
    if not members:
        hint = "see `build:` `include`, `exclude` and `data` in .flipside-app, and .gitignore"
        raise BuildError("nothing to package: every file is left out", str(selection.folder), hint)
    _warn_of_size(members, narrate)
    pack(members, target)
    return Tree(target, sha256(target), tuple(m.name for m in members if m.link is None))


def pack(members: list[Member], target: Path) -> None:
    """Write the archive of members that are sorted by name.

    Raises:
        BuildError: A file cannot be read or changed meanwhile, or the archive cannot be written.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with (
            target.open("wb") as raw,
            gzip.GzipFile("", "wb", LEVEL, raw, mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as archive,
        ):
            for folder in folders_of(members):
                archive.addfile(folder_info(folder))
            for member in members:
                _add(archive, member)
    except OSError as e:
        hint = "make it readable, or free some space, then build again"
        raise BuildError(
            f"cannot package: {e.strerror or e}", str(e.filename or target), hint
        ) from e


def folders_of(members: list[Member]) -> list[str]:
    """Return the folders that hold members, each after the one that it lies in."""
    folders = {str(p) for m in members for p in PurePosixPath(m.name).parents}
    return sorted(folders - {"."})


def folder_info(name: str) -> tarfile.TarInfo:
    """Return a folder's header."""
    info = tarfile.TarInfo(name)
    info.type, info.mode = tarfile.DIRTYPE, 0o755
    return info


def member_info(member: Member) -> tarfile.TarInfo:
    """Return a member's header: owner 0, time 0, one of two modes."""
    info = tarfile.TarInfo(member.name)
    info.mode = mode_of(executable=member.executable)
    if member.link is None:
        info.size = member.size
    else:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, member.link, 0o777
    return info


def _add(archive: tarfile.TarFile, member: Member) -> None:
    if member.link is not None:
        archive.addfile(member_info(member))
        return
    with member.path.open("rb") as content:
        try:
            archive.addfile(member_info(member), content)
        except OSError as e:
            # tarfile names no file when one is shorter than it was a moment ago.
            raise OSError(e.errno, e.strerror or str(e), str(member.path)) from e


def _warn_of_size(members: list[Member], narrate: Callable[[str], None]) -> None:
    total = sum(m.size for m in members)
    if total <= BIG:
        return
    sizes: Counter[str] = Counter()
    for member in members:
        sizes[member.name.partition("/")[0]] += member.size
    most = ", ".join(f"{name} {size // 1_000_000} MB" for name, size in sizes.most_common(3))
    narrate(f"warning: the tree has {total // 1_000_000} MB ({most}); see `build: exclude:`")
