"""What the commands of `flipside-backup` share: how one is declared, and how it speaks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flipside.backup.catalogue import within
from flipside.backup.errors import BackupError
from flipside.backup.keys import Identities
from flipside.backup.local import Local
from flipside.backup.repository import Repository, opened
from flipside.backup.storage.location import storage_at
from flipside.errors import FlipsideError

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

REPO = "a folder, or s3://bucket/prefix"


@dataclass(frozen=True)
class Command:
    """One command.

    Attributes:
        name: What it is called.
        help: What it does, in a line.
        declare: Adds its arguments to a parser.
        run: Runs it; its exit status, None being 0.
    """

    name: str
    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int | None]


def declare_repository(made: argparse.ArgumentParser) -> None:
    """Add what each command takes."""
    made.add_argument("repo", metavar="REPO", help=REPO)
    made.add_argument("--json", action="store_true", help="print JSON")


def declare_opening(made: argparse.ArgumentParser) -> None:
    """Add what a command takes that opens what is kept."""
    made.add_argument(
        "--identity",
        metavar="KEYFILE",
        help="private keys to open it with; those of this computer if absent",
    )


def local_of(asked: argparse.Namespace) -> Local:
    """Return this computer's side of the repository that was named."""
    return Local(opened(storage_at(asked.repo)))


def keys_of(asked: argparse.Namespace, repository: Repository) -> Identities:
    """Return the private keys that were named, or those of this computer."""
    from flipside.secrets.keyring import identities

    return Identities(repository, identities(asked.identity))


def named(text: str, known: list[Any]) -> str:
    """Return the name of a subject as it was kept: itself, or the absolute path that it stands for.

    Raises:
        BackupError: If there is none of either.
    """
    for name in (text, str(Path(text).expanduser().absolute())):
        if within(known, name):
            return name
    there = ", ".join(each.name for each in known) or "nothing yet"
    raise BackupError(f"the repository has no {text}; it has {there}")


def own_identities() -> list[Identity]:
    """Return the private keys of this computer; none where it has none."""
    from flipside.secrets.keyring import identities

    try:
        return identities()
    except FlipsideError:
        return []


def say(text: str) -> None:
    """Print a line for people."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print a line about what is wrong."""
    sys.stderr.write(f"{text}\n")


def report(asked: argparse.Namespace, found: Any, tell: Callable[[], None]) -> None:
    """Print what was found, as JSON if that was asked for."""
    if asked.json:
        say(json.dumps(found))
    else:
        tell()


def size(count: float) -> str:
    """Return bytes as people read them: ``75 KB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
