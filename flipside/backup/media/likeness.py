"""What is there already, compared to what is to be there."""

from __future__ import annotations

import os
from typing import NamedTuple

from flipside.backup.media.contents import Contents
from flipside.backup.media.entry import Entry
from flipside.backup.media.reading import blocks
from flipside.backup.media.staging import Owner


class Likeness(NamedTuple):
    """How a file that is there compares to one that is wanted.

    Attributes:
        content: Whether it has the same content.
        whole: Whether it has the same mode and time as well.
        ours: Whether it may be given those.
    """

    content: bool = False
    whole: bool = False
    ours: bool = False


def likeness(
    file: int, entry: Entry, contents: Contents, uid: int, owner: Owner | None
) -> Likeness:
    """Return how an open file compares to one that is wanted.

    Args:
        file: Its descriptor.
        entry: The one that is wanted.
        contents: What its contents are called by.
        uid: The user whose files may be given a mode and time.
        owner: Whose it is to be; None for whosever it is.

    Raises:
        OSError: If it cannot be read.
    """
    status, read = os.fstat(file), blocks(file, entry.size)
    if status.st_size != entry.size:
        return Likeness()
    if not all(name in contents.names(next(read, b"")) for name in entry.chunks):
        return Likeness()
    if owner not in (None, (status.st_uid, status.st_gid)):
        return Likeness(content=True)
    there = status.st_mode & 0o7777, status.st_mtime_ns
    same = there == (entry.mode & 0o777, entry.mtime_ns)
    return Likeness(content=True, whole=same, ours=status.st_uid == uid)
