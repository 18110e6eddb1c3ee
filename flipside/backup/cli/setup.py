"""`flipside-backup init`."""

from __future__ import annotations

import argparse

from flipside.backup.cli.command import Command, declare_repository, report, say
from flipside.backup.errors import BackupError
from flipside.backup.local import Local
from flipside.backup.repository import Repository, create, opened
from flipside.backup.storage.location import storage_at
from flipside.backup.storage.protocol import Storage
from flipside.secrets import keyring
from flipside.secrets.recipients import check_key


def _declare(made: argparse.ArgumentParser) -> None:
    declare_repository(made)
    made.add_argument(
        "--recipient",
        action="append",
        default=[],
        metavar="age1...",
        help="a public key that may read what is kept; may be repeated. If absent a key is made",
    )


def _run(asked: argparse.Namespace) -> None:
    recipients = [check_key(key) for key in asked.recipient]
    repository = _made(storage_at(asked.repo), known=bool(recipients))
    saved = None
    if not recipients:
        public, saved = keyring.make(f"backup-{repository.id}")
        recipients = [public]
    Local(repository).keep(recipients)
    found = {"repository": repository.id, "recipients": recipients, "key": saved and str(saved)}
    report(asked, found, lambda: _tell(asked.repo, recipients, found["key"]))


def _tell(repo: str, recipients: list[str], key: object) -> None:
    say(f"{repo} is ready; what is kept there opens with the key of {', '.join(recipients)}")
    if key:
        say(f"  the key is saved as {key}")
        say("  keep a copy of it elsewhere: without it nothing can be restored")
    say(f"next: flipside-backup now {repo} DB...")


def _made(storage: Storage, *, known: bool) -> Repository:
    """Make a repository; where there is one, named recipients let this computer write to it, too."""
    try:
        return create(storage)
    except BackupError:
        if known:
            return opened(storage)
        raise


INIT = Command(
    "init",
    "make a repository, or name the recipients of what this computer writes to one",
    _declare,
    _run,
)
