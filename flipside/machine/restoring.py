"""Put the databases of a snapshot in place of the live ones.

A ``-wal`` or ``-journal`` beside a file that it does not belong to corrupts it when next opened, so they go
before the restored file arrives (<https://sqlite.org/howtocorrupt.html>, 1.4).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from flipside.errors import DeployError
from flipside.machine.databases import STAGED, Database, companions, files, find, lasting
from flipside.machine.files import aside, sync
from flipside.machine.integrity import faults
from flipside.machine.snapshot import listed, refuse


def restore(data: Path, snapshot: Path) -> list[str]:
    """Put every database back as it was; nothing may have one open. Killed midway, run it again.

    Databases made since the snapshot are removed. Everything is checked and copied into place
    beside the live files first, so that a damaged snapshot or a full disk changes nothing.

    Returns:
        The databases restored, relative to `data`, sorted.

    Raises:
        DeployError: The snapshot is incomplete or damaged, the disk is full, or a file of the app's
            cannot be read.
    """
    wanted = listed(snapshot)
    for each in wanted:
        if not (each.empty or each.raw):
            found = faults(snapshot / each.path)
            refuse(found, "the snapshot of this database is damaged", snapshot / each.path)
    try:
        _stage_all(data, snapshot, wanted)
        _swap_in(data, wanted)
    except OSError as error:
        raise DeployError(f"cannot restore the databases: {error}", str(data)) from error
    return sorted(each.path for each in wanted if not each.empty)


def _stage_all(data: Path, snapshot: Path, wanted: list[Database]) -> None:
    _unstage(data)
    try:
        for each in wanted:
            _stage(data, snapshot, each)
    except OSError:
        _unstage(data)
        raise


def _swap_in(data: Path, wanted: list[Database]) -> None:
    known = {each.path for each in wanted}
    for other in find(data):
        if other.path not in known:
            _remove(data / other.path)
    for each in wanted:
        _replace(data / each.path)


def _stage(data: Path, snapshot: Path, file: Database) -> None:
    """Copy a database to beside its place, with its owner and mode."""
    _make_folder(data, Path(file.path).parent)
    _stage_part(None if file.empty else snapshot / file.path, data / file.path, file)
    if file.raw:
        beside = zip(lasting(snapshot / file.path), lasting(data / file.path), strict=True)
        for source, target in list(beside)[1:]:
            if source.exists():
                _stage_part(source, target, file)


def _make_folder(data: Path, folder: Path) -> None:
    """Make a database's folder; a link or file that came in its place since is set aside."""
    data.mkdir(parents=True, exist_ok=True)
    for part in (data / each for each in reversed([folder, *folder.parents][:-1])):
        if part.is_symlink() or part.is_file():
            part.rename(part.with_name(part.name + aside()))
        part.mkdir(exist_ok=True)


def _stage_part(source: Path | None, path: Path, file: Database) -> None:
    staged = _staged(path)
    staged.unlink(missing_ok=True)
    staged.touch(0o600)
    if source:
        shutil.copyfile(source, staged)
    info = staged.stat()
    if (info.st_uid, info.st_gid) != (file.uid, file.gid):
        # Who may not give a file away keeps it: an app whose user had another number elsewhere.
        with contextlib.suppress(PermissionError):
            os.chown(staged, file.uid, file.gid)
    staged.chmod(file.mode)
    sync(staged)


def _staged(path: Path) -> Path:
    return path.with_name(path.name + STAGED)


def _unstage(data: Path) -> None:
    for path in files(data):
        if path.name.endswith(STAGED):
            path.unlink(missing_ok=True)


def _replace(path: Path) -> None:
    """Swap a staged copy in, its predecessor's companions gone before."""
    for companion in companions(path):
        companion.unlink(missing_ok=True)
    sync(path.parent)
    _staged(path).replace(path)
    for part in lasting(path)[1:]:
        if _staged(part).exists():
            _staged(part).replace(part)
    sync(path.parent)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    for companion in companions(path):
        companion.unlink(missing_ok=True)
    sync(path.parent)
