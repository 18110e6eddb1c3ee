"""A folder's files put in their places: all are written and proven before one is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from flipside.backup.errors import BackupError
from flipside.backup.found import FILE, FOLDER, LINK
from flipside.backup.media.entry import Entry
from flipside.backup.media.likeness import Likeness
from flipside.backup.media.shelf import Shelf
from flipside.backup.media.staging import Staging
from flipside.backup.media.target import Target


class Placing:
    """What is done to a folder, in two steps: only the second can be seen.

    Args:
        target: The folder.
        staging: Writes what goes there.
        shelf: Where the contents are.
        entries: What is to be there.
    """

    def __init__(
        self, target: Target, staging: Staging, shelf: Shelf, entries: Sequence[Entry]
    ) -> None:
        self._target, self._staging, self._shelf, self._entries = target, staging, shelf, entries
        self._staged: dict[str, str] = {}
        self._like: dict[str, Likeness] = {}

    def run(self) -> int:
        """Bring all back; return how many files and links were not as they should be."""
        try:
            with told(self._target, "nothing was changed"):
                self._stage()
            with told(self._target, "some is restored: make room, then do it again"):
                return self._commit()
        finally:
            self._staging.discard(self._staged.values())

    def _stage(self) -> None:
        """Write all files that are missing or other ones."""
        files = [entry for entry in self._entries if entry.type == FILE]
        for entry in files:
            self._like[entry.path] = self._target.likeness(entry, self._shelf.contents)
        wanted = [entry for entry in files if not self._is_there(entry)]
        blocks = self._shelf.contents.read(name for entry in wanted for name in entry.chunks)
        for entry in wanted:
            content = islice(blocks, len(entry.chunks))
            self._staged[entry.path] = self._staging.stage(entry, content)
        self._staging.flush()

    def _is_there(self, entry: Entry) -> bool:
        like = self._like[entry.path]
        return like.whole or (like.content and like.ours)

    def _commit(self) -> int:
        folders = [entry for entry in self._entries if entry.type == FOLDER]
        with self._target.scan.acting():
            changed = sum(map(self._put, self._entries))
            for entry in reversed(folders):
                self._target.settle(entry)
            self._target.sync()
        return changed

    def _put(self, entry: Entry) -> bool:
        """Put an entry in its place; return whether it is a file or link that was not as it is now."""
        if entry.type == FOLDER:
            self._target.make(entry)
            return False
        if entry.type == LINK:
            return self._target.link(entry)
        like = self._like[entry.path]
        if staged := self._staged.get(entry.path):
            self._target.place(entry.path, staged, keep=not like.content)
            del self._staged[entry.path]
        elif not like.whole:
            self._target.correct(entry)
        return not like.whole


@contextmanager
def told(target: Target, consequence: str) -> Iterator[None]:
    """Turn what the system refuses into a BackupError that says what has become of the folder."""
    try:
        yield
    except OSError as error:
        what = f"cannot write: {error.strerror}; {consequence}"
        raise BackupError(what, str(error.filename or target.folder)) from None
