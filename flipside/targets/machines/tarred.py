"""A file or a folder as one stream of tar, made here and unpacked on a machine."""

from __future__ import annotations

import tarfile
from pathlib import Path, PurePosixPath
from typing import IO

_WHAT, _WHOLE = "it", "whole"
# tar takes a stream that was cut between two files for a whole one: the last file proves it.
_UNPACK = """\
set -e
fresh=$0.new old=$0.old
[ -e "$0" ] || [ ! -e "$old" ] || mv -T "$old" "$0"
rm -rf "$fresh" "$old"
trap 'rm -rf "$fresh"' EXIT
mkdir -m 0700 "$fresh"
tar -xp --no-same-owner -C "$fresh"
[ -e "$fresh/whole" ] || { echo 'only a part of the upload arrived' >&2; exit 1; }
[ ! -d "$0" ] || mv -T "$0" "$old"
mv -fT "$fresh/it" "$0"
rm -rf "$old"
"""


def unpack(target: PurePosixPath) -> list[str]:
    """Return the command that unpacks a stream of `pack` in place of what is at ``target``."""
    return ["sh", "-c", _UNPACK, str(target)]


def pack(source: Path, pipe: IO[bytes]) -> None:
    """Write a file or a folder into a pipe, with modes and without owners.

    Raises:
        OSError: It cannot be read.
    """
    with tarfile.open(fileobj=pipe, mode="w|") as stream:
        stream.add(source.resolve(), _WHAT, filter=_ownerless)
        stream.addfile(tarfile.TarInfo(_WHOLE))


def _ownerless(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
