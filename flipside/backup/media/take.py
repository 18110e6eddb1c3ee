"""Live files, read whole: as they were at one moment, not begun before a change and ended after it.

What is read twice alike was so between the two, whatever is appended to it meanwhile. A file that is
never alike keeps the version that is there of it; without one, what was read is kept, marked as torn.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from flipside.backup.found import FILE, Looked, Problem, Signature, is_racy, modified, signature
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.entry import Entry
from flipside.backup.media.reading import TRIES, Read, blocks, small
from flipside.backup.media.stock import Content, Stock
from flipside.backup.scan import Scan

BATCH_FILES, BATCH_SIZE = 256, 4 * CHUNK_SIZE
"""How many small files, and how many bytes of them, are read before all are put at once."""
LARGEST = 1 << 40
"""Bytes of a file that is kept; one that has holes is of any size at no cost."""
TOO_LARGE = "it is larger than 1 TiB; the version before is kept, if there is one"
_TORN = "it is written to all the time, and was never the same when read twice"
FORMER = f"{_TORN}; the version before is kept"
TORN = f"{_TORN}; what was read is kept, and may never have been so"


class Taken(NamedTuple):
    """A file as it was read.

    Attributes:
        entry: What a manifest lists of it; its contents are there.
        signature: Of what was read; None if the file may yet change without that changing.
    """

    entry: Entry
    signature: Signature | None


class _AnotherError(Exception):
    """A file is not what it was when it was read before."""


class Taker:
    """Reads files, and puts what is in them.

    Args:
        scan: Where they are.
        stock: Where they go.
        former: Paths of which a version is there.
    """

    def __init__(self, scan: Scan, stock: Stock, former: Container[str]) -> None:
        self._scan, self._stock, self._former = scan, stock, former

    def take(self, wanted: Iterable[Looked]) -> Iterator[Taken | Problem]:
        """Yield each file, or why it cannot be kept as it is now; nothing of one that is gone.

        Raises:
            BackupError: If a content cannot be put.
        """
        for batch in _batches(wanted):
            read: dict[str, Read] = {}
            for path in batch:
                found = self._found(path)
                if isinstance(found, Read):
                    read[path] = found
                elif found:
                    yield found
            yield from self._put(read)

    def _found(self, path: str) -> Read | Taken | Problem | None:
        try:
            with self._scan.opened(path) as file:
                found = small(file) or self._large(path, file)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Problem(path, f"cannot be read: {error.strerror}")
        torn = isinstance(found, Read) and found.torn and path in self._former
        return Problem(path, FORMER) if torn else found

    def _put(self, files: Mapping[str, Read]) -> Iterator[Taken]:
        contents = {path: self._stock.of(read.content) for path, read in files.items()}
        self._stock.add(content for content in contents.values() if content.data)
        for path, read in files.items():
            chunks = [(contents[path].name, len(read.content))] if read.content else []
            yield _taken(path, read.status, read.now_ns, chunks, torn=read.torn)

    def _large(self, path: str, file: int) -> Taken | Problem:
        """Put a file of more than one content."""
        for _ in range(TRIES):
            status, now_ns = os.fstat(file), time.time_ns()
            if status.st_size > LARGEST:
                return Problem(path, TOO_LARGE)
            chunks: list[tuple[str, int]] = []
            deque(self._noted(blocks(file, status.st_size), chunks), maxlen=0)
            try:
                self._stock.add(self._alike(blocks(file, status.st_size), chunks))
            except _AnotherError:
                continue
            return _taken(path, status, now_ns, chunks, torn=False)
        if path in self._former:
            return Problem(path, FORMER)
        chunks = []
        self._stock.add(self._noted(blocks(file, status.st_size), chunks))
        return _taken(path, status, now_ns, chunks, torn=True)

    def _noted(self, read: Iterable[bytes], chunks: list[tuple[str, int]]) -> Iterator[Content]:
        for block in read:
            content = self._stock.of(block)
            chunks.append((content.name, len(block)))
            yield content

    def _alike(self, read: Iterable[bytes], chunks: Iterable[tuple[str, int]]) -> Iterator[Content]:
        """Yield blocks that are as before; what is torn is found before more of it is put."""
        for block, chunk in zip_longest(read, chunks):
            content = self._stock.of(block) if block and chunk else None
            if not content or content.name != chunk[0]:
                raise _AnotherError
            yield content


def _batches(wanted: Iterable[Looked]) -> Iterator[list[str]]:
    batch, size = [], 0
    for looked in wanted:
        batch.append(looked.path)
        size += looked.signature[1]
        if len(batch) >= BATCH_FILES or size >= BATCH_SIZE:
            yield batch
            batch, size = [], 0
    yield batch


def _taken(
    path: str, status: os.stat_result, now_ns: int, chunks: Sequence[tuple[str, int]], *, torn: bool
) -> Taken:
    seen, mode = signature(status), status.st_mode & 0o777
    size, names = sum(size for _, size in chunks), tuple(name for name, _ in chunks)
    entry = Entry(path, FILE, mode, modified(status), size, names, torn=torn)
    return Taken(entry, None if torn or is_racy(seen, now_ns) else seen)
