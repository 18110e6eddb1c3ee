"""Reading a file that others write to meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import NamedTuple

from flipside.backup.media.contents import CHUNK_SIZE

TRIES = 3
"""How often it is read until two reads are alike."""


class Read(NamedTuple):
    """A small file as it was read.

    Attributes:
        status: How it looked before.
        now_ns: When that was, nanoseconds since 1970.
        content: What is in it.
        torn: Whether it was another one whenever it was read.
    """

    status: os.stat_result
    now_ns: int
    content: bytes
    torn: bool


def small(file: int) -> Read | None:
    """Read a file of one content at most, None if it is larger."""
    for _ in range(TRIES):
        status, now_ns = os.fstat(file), time.time_ns()
        if status.st_size > CHUNK_SIZE:
            return None
        content = os.pread(file, status.st_size, 0)
        torn = content != os.pread(file, status.st_size, 0)
        if not torn:
            break
    return Read(status, now_ns, content, torn)


def blocks(file: int, size: int) -> Iterator[bytes]:
    """Yield what the first so many bytes of a file hold, as contents are cut.

    What ends before ends there: were it to grow again meanwhile, contents would be cut elsewhere.
    """
    for at in range(0, size, CHUNK_SIZE):
        wanted = min(CHUNK_SIZE, size - at)
        if block := os.pread(file, wanted, at):
            yield block
        if len(block) < wanted:
            return
