"""A database's image at a moment, made of its base and its increments, and proven."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO

from flipside.backup import packing
from flipside.backup.database import delta
from flipside.backup.database.chain import Chain, Link
from flipside.backup.database.image import Shape
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.fetch import ahead
from flipside.backup.moment import LIST, Moment, Until
from flipside.backup.sealing import CHUNK, FIRST, digest


def write(
    chain: Chain, path: Path, until: Until, look: Callable[[], object] = lambda: None
) -> Moment:
    """Write the image at a moment, and prove it.

    Args:
        chain: The epoch.
        path: The file; it is replaced, and outlives a power cut once this returns.
        until: Which moment.
        look: Looks at the file, too, while it is proven; what it raises is raised.

    Returns:
        The moment.

    Raises:
        DamagedError: If an object is missing or altered, or the image is not what it was.
        BackupError: If there is no such moment.
    """
    with path.open("w+b") as target:
        moment, root, shape = _apply_until(chain, target, until)
        if not until.met_by(moment):
            raise BackupError(f"there is no moment {until}", chain.name, LIST)
        target.flush()
        with ThreadPoolExecutor(2) as threads:
            synced, looked = threads.submit(os.fsync, target.fileno()), threads.submit(look)
            _prove(chain, path, shape, root)
        synced.result()
        looked.result()
    return moment


def _apply_until(chain: Chain, target: BinaryIO, until: Until) -> tuple[Moment, int, Shape]:
    """Write the base, and what is to be on top of it; return where that led to."""
    write_base(chain, target)
    moment, root, shape = chain.start, chain.base.root, chain.base.shape
    if until.ends_with(moment) or not until.includes(moment):
        return moment, root, shape
    for found, links in chain.batches():
        if not until.includes(found):
            break
        for link in links:
            apply(chain, target, link)
        moment, root, shape = found, links[-1].increment.root, links[-1].increment.shape
        if until.ends_with(moment):
            break
    return moment, root, shape


def _prove(chain: Chain, path: Path, shape: Shape, root: int) -> None:
    if path.stat().st_size != shape.size or chain.roots.of(path, shape.page_size) != root:
        raise DamagedError("the restored image is not what was taken", chain.epoch.prefix)


def write_base(chain: Chain, target: BinaryIO) -> None:
    """Write the image of a base. Raises DamagedError if a part is missing or altered."""
    put = partial(_write_chunk, chain, target.fileno())
    for _ in ahead(put, range(len(chain.base.chunks))):
        pass


def _write_chunk(chain: Chain, file: int, index: int) -> None:
    base, name = chain.base, chain.epoch.chunk(index)
    at, data = index * base.chunk_size, chain.repository.require(name)
    if digest(data) != base.chunks[index]:
        raise DamagedError("this is another chunk than the base had", name)
    part = packing.unpacked(chain.key.open(CHUNK, name, FIRST, data), name, base.chunk_size)
    if len(part) != min(base.chunk_size, base.shape.size - at):
        raise DamagedError("the chunk is not as long as it was", name)
    written = 0
    while written < len(part):
        written += os.pwrite(file, memoryview(part)[written:], at + written)


def apply(chain: Chain, target: BinaryIO, link: Link) -> list[int]:
    """Bring an image from before an increment to after it; return the pages that it wrote."""
    found = chain.whole(link).increment
    shape, size, numbers = found.shape, found.shape.page_size, []
    pages = target.seek(0, os.SEEK_END) // size
    try:
        for number, page in delta.decode(found.groups, delta.reader(target, size), shape):
            target.seek((number - 1) * size)
            target.write(page)
            numbers.append(number)
    except DamagedError as error:
        raise DamagedError(error.what, link.name) from None
    if sum(number > pages for number in numbers) != max(0, shape.pages - pages):
        raise DamagedError("the increment lacks pages of its image", link.name)
    # What is behind the end now must be gone should the database grow again.
    target.truncate(shape.size)
    return numbers
