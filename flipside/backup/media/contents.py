"""The contents of an epoch: each is kept once, by a name that tells nobody else what it is.

The name is a keyed BLAKE2b-256 of a salt and the content. The salt, one byte before the zstd frame in
the object, is 0 but for a content that comes back while the object that has it is about to be deleted
(see `flipside.backup.media.marks`): it is put again by another name, so that no delete hits it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice

from flipside.backup import packing
from flipside.backup.errors import DamagedError
from flipside.backup.fetch import fetched
from flipside.backup.media import objects
from flipside.backup.media.objects import CONTENT
from flipside.backup.names import Epoch
from flipside.backup.repository import Repository
from flipside.backup.sealing import FIRST, EpochKey

CHUNK_SIZE = 4 << 20
"""Bytes of a file in a content; its last one has what is left."""
SALTS = 16
BATCH = 8
"""How many contents are fetched before the first of them is looked at."""


class Contents:
    """The contents of one epoch.

    Args:
        repository: Where they lie.
        epoch: Whose they are.
        key: Its key.
    """

    def __init__(self, repository: Repository, epoch: Epoch, key: EpochKey) -> None:
        self.repository, self.epoch, self.key = repository, epoch, key
        self._secret = key.derive(b"files")

    def name(self, content: bytes, salt: int = 0) -> str:
        """Return what a content is called: 64 hex digits."""
        made = hashlib.blake2b(bytes([salt]), digest_size=32, key=self._secret)
        made.update(content)
        return made.hexdigest()

    def names(self, content: bytes) -> Iterator[str]:
        """Yield all that a content may be called, the likeliest first."""
        return (self.name(content, salt) for salt in range(SALTS))

    def sealed(self, name: str, salt: int, content: bytes) -> bytes:
        """Return the object of a content."""
        packed = bytes([salt]) + packing.packed(content)
        return self.key.seal(CONTENT, objects.content(self.epoch, name), FIRST, packed)

    def opened(self, name: str, data: bytes, most: int = CHUNK_SIZE) -> bytes:
        """Return the content of an object.

        Args:
            name: The content's.
            data: The object.
            most: Bytes that the content may have.

        Raises:
            DamagedError: If it is anything but what goes by that name.
        """
        where = objects.content(self.epoch, name)
        packed = self.key.open(CONTENT, where, FIRST, data)
        content = packing.unpacked(packed[1:], where, most)
        if self.name(content, packed[0]) != name:
            raise DamagedError("the content is another than its name says", where)
        return content

    def read(self, names: Iterable[str], most: int = CHUNK_SIZE) -> Iterator[bytes]:
        """Yield contents, in order.

        No thread is at work while one is looked at, so that whoever does may do so with other rights:
        those are the whole process's.

        Raises:
            DamagedError: At one that is missing or altered.
        """
        rest = iter(names)
        while batch := list(islice(rest, BATCH)):
            wanted = (objects.content(self.epoch, name) for name in dict.fromkeys(batch))
            found = dict(fetched(self.repository, wanted))
            for name in batch:
                yield self.opened(name, found[objects.content(self.epoch, name)], most)
