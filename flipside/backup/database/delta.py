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
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import zstandard

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


def decode(data: bytes, old: Read, page_size: int) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each page that changed.

    Raises:
        DamagedError: If the groups are not whole.
    """
    try:
        yield from _decode(memoryview(data), old, page_size)
    except (struct.error, zstandard.ZstdError, ValueError) as error:
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


def _decode(data: memoryview, old: Read, page_size: int) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        (count,) = _COUNT.unpack_from(data, at)
        numbers = struct.unpack_from(f"<{count}I", data, at + 2)
        (length,) = _LENGTH.unpack_from(data, at + 2 + 4 * count)
        at += 6 + 4 * count + length
        known = b"".join(map(old, numbers))
        plain = zstandard.ZstdDecompressor(dict_data=_dictionary(known)).decompress(
            data[at - length : at], max_output_size=count * page_size
        )
        if at > len(data) or len(plain) != count * page_size:
            raise ValueError("a group is not whole")
        for index, number in enumerate(numbers):
            yield number, plain[index * page_size : (index + 1) * page_size]
