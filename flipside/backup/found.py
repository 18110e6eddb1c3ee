"""What can lie in an app's data folder, as it was looked at."""

from __future__ import annotations

import os
from typing import NamedTuple

from flipside.backup.database.source import RACY

FILE, LINK, FOLDER = "file", "link", "folder"

_LONGEST = (1 << 63) - 1

Signature = tuple[int, int, int, int]
"""Inode, size, and times of modification and of change in nanoseconds since 1970."""


class Looked(NamedTuple):
    """A file, link or folder as it was looked at.

    Attributes:
        path: Relative to the folder; bytes that are not UTF-8 are as `os.fsdecode` gives them.
        type: `FILE`, `LINK` or `FOLDER`.
        mode: Permission bits; of a file without those that lend its owner's rights.
        mtime_ns: When it was modified, nanoseconds since 1970.
        signature: Changes with the content.
        target: Where a link leads to.
    """

    path: str
    type: str
    mode: int
    mtime_ns: int
    signature: Signature
    target: str = ""


class Problem(NamedTuple):
    """What is not backed up as it is, be it a file or a folder with all in it, and why."""

    path: str
    why: str


class Found(NamedTuple):
    """What lies in a folder.

    Attributes:
        databases: Paths, sorted.
        files: All else that is backed up, in order of their paths' bytes: a folder before its content.
        problems: What could not be looked at.
        left: Paths that restores set aside or left, sorted.
    """

    databases: list[str]
    files: list[Looked]
    problems: list[Problem]
    left: list[str]


def signature(status: os.stat_result) -> Signature:
    """Return what changes with a file's content."""
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def modified(status: os.stat_result) -> int:
    """Return when a file was modified, nanoseconds since 1970, as 64 bits have room for.

    Some file systems have it that anybody's file is of a time that is longer.
    """
    return max(-_LONGEST, min(status.st_mtime_ns, _LONGEST))


def is_racy(seen: Signature, now_ns: int) -> bool:
    """Return whether a file may yet change without its signature changing."""
    return now_ns - seen[3] < RACY
