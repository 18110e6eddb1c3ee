"""An app's data of another time: brought back into the app, or written down here in plain."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flipside.backup import when
from flipside.caller import who
from flipside.errors import FlipsideError
from flipside.targets.fetch import fetch

if TYPE_CHECKING:
    from flipside.apps.subject import Subject
    from flipside.salt.client import Event


@dataclass(frozen=True)
class Moment:
    """Which moment is wanted, as it was typed.

    Attributes:
        at: A time; where no zone is said it is of the zone here, not of the machine's.
        to: An id.
    """

    at: str | None
    to: str | None

    def __post_init__(self) -> None:
        """Raise FlipsideError if both were said, or the time is none."""
        if self.at and self.to:
            raise FlipsideError("--at and --to both say which moment", next="give one of them")
        if self.at:
            when.parse(self.at)

    def __str__(self) -> str:
        if self.at:
            return f"to what it was at {self.at}"
        return f"to {self.to}" if self.to else "to what was backed up last"

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what the machine is asked for."""
        at = when.show(when.parse(self.at), exact=True) if self.at else None
        return {"at": at, "to": self.to}

    @property
    def words(self) -> list[str]:
        """Return what to type for it."""
        return [
            *(["--at", f'"{self.at}"'] if self.at else []),
            *(["--to", self.to] if self.to else []),
        ]


def again(subject: Subject, moment: Moment) -> str:
    """Return what to type to restore without being asked."""
    return subject.command("backup.restore", *moment.words, "--yes")


def restore(subject: Subject, moment: Moment, on_event: Event) -> dict[str, Any]:
    """Bring an app's data back; return what the machine says of it.

    Raises:
        FlipsideError: If there is no such moment, or the app does not serve on that data; then all is
            as it was.
    """
    done: dict[str, Any] = subject.call("backup_restore", on_event, by=who(), **moment.arguments)
    return done


def export(subject: Subject, moment: Moment, into: str | None) -> dict[str, Any]:
    """Write an app's data into an archive here; return ``{"path", "databases", "files"}``.

    Raises:
        FlipsideError: If the file is there already, or there is no such moment.
    """
    target = Path(into or f"{subject.app}-{subject.env}.tar.gz").expanduser().absolute()
    _refuse_existing(target)
    done: dict[str, Any] = subject.call("backup_export", **moment.arguments)
    path = done["path"]
    try:
        fetch(subject.machine, path, target)
    finally:
        _discard(subject, path)
    return done | {"path": str(target)}


def fetched(subject: Subject, moment: Moment, into: str) -> dict[str, Any]:
    """Write an app's only database into a file here, or all of its data into a folder.

    Raises:
        FlipsideError: As `export`.
    """
    target = Path(into).expanduser().absolute()
    _refuse_existing(target)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".restore-") as folder:
        archive = Path(folder, "archive")
        done = export(subject, moment, str(archive))
        _unpack(archive, folder)
        data = Path(folder, f"{subject.app}-{subject.env}")
        files = [path for path in data.rglob("*") if not path.is_dir()]
        shutil.move(files[0] if len(files) == 1 else data, target)
    return done | {"path": str(target)}


def _unpack(archive: Path, folder: str) -> None:
    """Let tar unpack: it keeps links from leading it out of the folder, as Python 3.11.2 does not."""
    argv = [
        "tar",
        "--extract",
        "--gzip",
        "--no-same-owner",
        f"--file={archive}",
        f"--directory={folder}",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FlipsideError(done.stderr.strip(), " ".join(argv), "make room, then try again")


def _refuse_existing(target: Path) -> None:
    if target.exists():
        raise FlipsideError("it is there already", str(target), "name another one with --into")
    if not target.parent.is_dir():
        raise FlipsideError("there is no such folder", str(target.parent), "make it first")


def _discard(subject: Subject, path: str) -> None:
    from flipside.salt.client import call

    call(subject.machine, "discard_export", path=path)
