"""The contents of an epoch as its writer has them: which of them are there, and can be relied on."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from flipside.backup.errors import BackupError, ConflictError, DamagedError
from flipside.backup.media import marks, objects
from flipside.backup.media.contents import SALTS, Contents
from flipside.backup.media.marks import FRESH, Mark
from flipside.backup.media.objects import LIST_MOST

TOGETHER, ROOM = 8, 16 << 20
"""Contents that are put at once: how many, and bytes of them."""


class Content(NamedTuple):
    """A content with its name, and the salt of that."""

    name: str
    salt: int
    data: bytes


class Stock:
    """What a writer knows of an epoch's contents.

    Args:
        contents: The epoch's.
        clock: Returns seconds since 1970.

    Attributes:
        trusted: Names that the newest manifest refers to: whatever the marks say, they stay.
        put: Bytes of objects put so far.
    """

    def __init__(self, contents: Contents, clock: Callable[[], float]) -> None:
        self.trusted: Collection[str] = frozenset()
        self.put = 0
        self._contents, self._clock = contents, clock
        self._known: set[str] = set()
        self._names: set[str] = set()
        self._marks: list[Mark] = []
        self._going: set[str] = set()
        self._looked = -math.inf

    def look(self) -> None:
        """Learn what is about to be deleted, and what is there.

        Raises:
            ConflictError: If all of the epoch is about to be deleted, or was: another writer's is newer.
            BackupError: If the storage does not answer.
        """
        repository, epoch, now = self._contents.repository, self._contents.epoch, self._clock()
        heads = repository.heads(epoch)
        if epoch.gone() in heads or epoch.key not in heads:
            raise ConflictError("another agent has begun an epoch that replaces this", epoch.prefix)
        names = marks.names(epoch, heads)
        # A mark is there for longer than that: none has come and gone unseen.
        if names != self._names or not 0 <= now - self._looked < FRESH:
            listed = repository.storage.list(objects.contents(epoch))
            self._known = {each.name.rpartition("/")[2] for each in listed}
            self._marks = list(marks.read(repository, self._contents.key, names))
        old = (mark.contents for mark in self._marks if now - mark.at >= FRESH)
        self._going, self._names, self._looked = set().union(*old), names, now

    def has(self, name: str) -> bool:
        """Return whether a content is there and will stay, for all that is known."""
        return name in self._known and self._stays(name)

    def of(self, data: bytes) -> Content:
        """Return a content by the name that it goes by from now on."""
        for salt in range(SALTS):
            name = self._contents.name(data, salt)
            if self._stays(name):
                return Content(name, salt, data)
        what = "a content was deleted too often to be kept again"
        raise BackupError(what, self._contents.epoch.prefix, "let one agent alone write there")

    def add(self, contents: Iterable[Content]) -> None:
        """Put what is not there yet, some at once; no thread is at work any more when this returns.

        Raises:
            BackupError: If one cannot be put; others may have been.
        """
        waiting: dict[str, tuple[int, Future[int]]] = {}
        with ThreadPoolExecutor(TOGETHER) as threads:
            for content in contents:
                if content.name not in self._known and content.name not in waiting:
                    future = threads.submit(self._put, content)
                    waiting[content.name] = len(content.data), future
                while len(waiting) > TOGETHER or sum(size for size, _ in waiting.values()) > ROOM:
                    self._settle(waiting)
            while waiting:
                self._settle(waiting)

    def _settle(self, waiting: dict[str, tuple[int, Future[int]]]) -> None:
        """Wait for the first of those that are being put."""
        name = next(iter(waiting))
        _, future = waiting.pop(name)
        self.put += future.result()
        self._known.add(name)

    def _stays(self, name: str) -> bool:
        return name not in self._going or name in self.trusted

    def _put(self, content: Content) -> int:
        """Put one; return the bytes of its object, 0 if it turns out to be there."""
        storage = self._contents.repository.storage
        where = objects.content(self._contents.epoch, content.name)
        data = self._contents.sealed(*content)
        try:
            storage.put(where, data)
        except ConflictError:
            # Sealed anew it is never the same bytes. What is there was put by a pass that was cut.
            if self._is_whole(content.name, where):
                return 0
            storage.delete(where)
            storage.put(where, data)
        return len(data)

    def _is_whole(self, name: str, where: str) -> bool:
        found = self._contents.repository.storage.get(where)
        try:
            return found is not None and bool(self._contents.opened(name, found, LIST_MOST))
        except DamagedError:
            return False
