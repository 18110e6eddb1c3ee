"""A folder's files brought back: all written and proven near their places before one is changed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from flipside.backup.errors import BackupError
from flipside.backup.found import FOLDER
from flipside.backup.keys import Keys
from flipside.backup.media.alone import alone
from flipside.backup.media.entry import Entry
from flipside.backup.media.find import find
from flipside.backup.media.manifest import Manifest
from flipside.backup.media.placing import Placing, told
from flipside.backup.media.shelf import Shelf
from flipside.backup.media.staging import Owner, Staging
from flipside.backup.media.target import Target
from flipside.backup.moment import Moment, Until
from flipside.backup.repository import Repository
from flipside.backup.scan import Acting
from flipside.sqlite_files import BESIDE


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
    with told(target, "nothing was changed"), alone(into):
        return _restored(shelf, manifest, entries, target, Staging(into, owner, acting))


def _restored(
    shelf: Shelf, manifest: Manifest, entries: Sequence[Entry], target: Target, staging: Staging
) -> Restored:
    found = target.scan.look()
    staging.discard(found.left)
    beside = {path + suffix for path in found.databases for suffix in BESIDE}
    wanted = [entry for entry in entries if entry.path not in beside]
    restored = Placing(target, staging, shelf, wanted).run()
    paths = {entry.path for entry in entries}
    left = (each.path for each in target.scan.look().files if each.type != FOLDER)
    size = shelf.sizes().get(manifest.number, 0)
    return Restored(
        shelf.moment(manifest, size),
        restored,
        sum(entry.type != FOLDER for entry in wanted) - restored,
        target.kept,
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
