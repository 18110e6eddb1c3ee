"""A folder's files brought back: all written and proven near their places before one is changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from flipside.backup.errors import BackupError
from flipside.backup.keys import Keys
from flipside.backup.media.alone import alone
from flipside.backup.media.entry import Entry
from flipside.backup.media.find import find
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.shelf import Shelf
from flipside.backup.media.staging import Owner, Staging
from flipside.backup.media.target import Likeness, Target
from flipside.backup.moment import Moment, Until
from flipside.backup.repository import Repository
from flipside.backup.scan import BESIDE, FILE, FOLDER, LINK, Acting


@dataclass(frozen=True)
class Restored:
    """What a restore did. Paths that are text are relative to the folder.

    Attributes:
        moment: Which moment the files are of now.
        restored: How many files and links were written, or given their mode and time.
        unchanged: How many were there already.
        kept: Where what was in the way is now.
        others: Files and links that are there and were not at that moment, sorted.
        torn: Files that were written to while they were kept, and may never have been so.
        skipped: Files that a database that is there would take for its own; not restored.
    """

    moment: Moment
    restored: int
    unchanged: int
    kept: tuple[Path, ...]
    others: tuple[str, ...]
    torn: tuple[str, ...]
    skipped: tuple[str, ...]


def restore(  # noqa: PLR0913, PLR0917 - what, from where, to where, as whom
    repository: Repository,
    subject: str,
    keys: Keys,
    into: Path,
    until: Until = Until(),  # noqa: B008 - never changes
    owner: Owner | None = None,
    acting: Acting = nullcontext,
) -> Restored:
    """Bring a folder's files back.

    A file that is there and another one is kept beside, as ``NAME.replaced-...``. What is there and was
    not at that moment stays; so do databases.

    Args:
        repository: Where they are kept.
        subject: The folder's id.
        keys: What opens it.
        into: The folder to write, made if only itself is missing. Nobody else may change what it lies in.
        until: Which moment.
        owner: Whose all is to be that is made, a user's id and a group's; needs root's rights.
        acting: What the folder is written to within, as with the rights of its owner.

    Raises:
        BackupError: If there is no such moment, the folder cannot be written, or is being restored
            into already.
        DamagedError: If an object is missing or altered; then nothing was changed.
        UnopenedError: If it cannot be opened.
    """
    shelf, manifest = find(repository, subject, keys, until)
    entries = shelf.entries(manifest)
    target = _target(into, owner, acting)
    with _told(target, "nothing was changed"), alone(into):
        return _restored(shelf, manifest, entries, target, Staging(into, owner, acting))


def _restored(
    shelf: Shelf, manifest: Manifest, entries: Sequence[Entry], target: Target, staging: Staging
) -> Restored:
    found = target.scan.look()
    staging.discard(found.left)
    beside = {path + suffix for path in found.databases for suffix in BESIDE}
    wanted = [entry for entry in entries if entry.path not in beside]
    restored = _Restore(target, staging, shelf, wanted).run()
    paths = {entry.path for entry in entries}
    left = (each.path for each in target.scan.look().files if each.type != FOLDER)
    size = shelf.sizes().get(manifest.number, 0)
    return Restored(
        shelf.moment(manifest, size),
        restored,
        sum(entry.type != FOLDER for entry in wanted) - restored,
        tuple(target.kept),
        tuple(path for path in left if path not in paths),
        tuple(entry.path for entry in wanted if entry.torn),
        tuple(sorted(paths & beside)),
    )


def _target(into: Path, owner: Owner | None, acting: Acting) -> Target:
    try:
        with acting():
            into.mkdir(exist_ok=True)
        return Target(into, owner, acting)
    except OSError as error:
        raise BackupError(f"cannot make the folder: {error.strerror}", str(into)) from None


class _Restore:
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
            with _told(self._target, "nothing was changed"):
                self._stage()
            with _told(self._target, "some is restored: make room, then do it again"):
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
def _told(target: Target, consequence: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"cannot write: {error.strerror}; {consequence}"
        raise BackupError(what, str(error.filename or target.folder)) from None
