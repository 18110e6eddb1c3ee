"""What changed between two images, in groups of pages, compressed with the old pages at hand.

A group is, with the little end first:

    2      how many pages, 1 to 64
    4 each their numbers, from 1
    4      how long the rest is
    rest   a zstd frame of the new pages, one after the other; its raw dictionary is the old ones of
           those that there were, in the same order
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO

import zstandard

from flipside.backup.database.image import Shape
from flipside.backup.errors import DamagedError
from flipside.backup.packing import LEVEL

GROUP = 64
_COUNT, _NUMBER, _LENGTH = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<I")

Read = Callable[[int], bytes]
"""Returns a page by its number, nothing for one that there is not."""


def reader(file: BinaryIO, page_size: int) -> Read:
    """Return what reads the pages of an image."""

    def read(number: int) -> bytes:
        file.seek((number - 1) * page_size)
        return file.read(page_size)

    return read


def encode(numbers: Iterable[int], old: Read, new: Read) -> Iterator[bytes]:
    """Yield the groups of the pages that changed."""
    for group in _grouped(numbers):
        known = b"".join(map(old, group))
        content = b"".join(map(new, group))
        frame = zstandard.ZstdCompressor(
            compression_params=_parameters(len(known) + len(content)), dict_data=_dictionary(known)
        ).compress(content)
        yield b"".join(
            [_COUNT.pack(len(group)), *map(_NUMBER.pack, group), _LENGTH.pack(len(frame)), frame]
        )


def decode(data: bytes, old: Read, shape: Shape) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each page that changed, in rising order.

    Args:
        data: The groups.
        old: Reads the pages of the old image; each at the latest when it is yielded, so that the new
            one may be written over it.
        shape: That of the new image.

    Raises:
        DamagedError: If the groups are not whole, or have pages that the new image has not.
    """
    try:
        yield from _decode(memoryview(data), old, shape)
    except (struct.error, zstandard.ZstdError, ValueError, MemoryError) as error:
        raise DamagedError(f"the increment cannot be unpacked: {error}") from None


def _grouped(numbers: Iterable[int]) -> Iterator[list[int]]:
    rest = iter(numbers)
    while group := list(itertools.islice(rest, GROUP)):
        yield group


def _dictionary(known: bytes) -> zstandard.ZstdCompressionDict | None:
    if not known:
        return None
    return zstandard.ZstdCompressionDict(known, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _parameters(size: int) -> zstandard.ZstdCompressionParameters:
    """Return parameters whose window reaches back over new and old pages."""
    return zstandard.ZstdCompressionParameters.from_level(
        LEVEL, window_log=max(17, size.bit_length()), write_content_size=True
    )


def _decode(data: memoryview, old: Read, shape: Shape) -> Iterator[tuple[int, bytes]]:
    at, last, size = 0, 0, shape.page_size
    while at < len(data):
        (count,) = _COUNT.unpack_from(data, at)
        numbers = struct.unpack_from(f"<{count}I", data, at + 2)
        _check(numbers, last, shape.pages)
        (length,) = _LENGTH.unpack_from(data, at + 2 + 4 * count)
        at += 6 + 4 * count + length
        plain = _plain(data[at - length : at], b"".join(map(old, numbers)), count * size)
        if at > len(data):
            raise ValueError("a group is not whole")
        for index, number in enumerate(numbers):
            yield number, plain[index * size : (index + 1) * size]
        last = numbers[-1]


def _check(numbers: Sequence[int], last: int, pages: int) -> None:
    if not 1 <= len(numbers) <= GROUP:
        raise ValueError(f"a group of {len(numbers)} pages")
    if not all(one < other for one, other in pairwise([last, *numbers, pages + 1])):
        raise ValueError("pages that cannot be in it")


def _plain(frame: memoryview, known: bytes, size: int) -> bytes:
    if zstandard.frame_content_size(frame) != size:
        raise ValueError("a group is not whole")
    return zstandard.ZstdDecompressor(dict_data=_dictionary(known)).decompress(
        frame, allow_extra_data=False
    )
