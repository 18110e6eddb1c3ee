"""`flipside-backup`: keep SQLite databases in a repository, and bring them back."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flipside.backup import when
from flipside.backup.agent import Agent, Outcome, name_of
from flipside.backup.chain import Chain, proven
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.local import Local
from flipside.backup.names import database_id
from flipside.backup.repository import Repository, create, opened
from flipside.backup.restore import Wanted, find, restore
from flipside.backup.storage import Folder, Storage
from flipside.errors import FlipsideError
from flipside.secrets.keyring import identities

REPO = "A folder, or s3://bucket/prefix"


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    asked = parser().parse_args(argv)
    try:
        return int(asked.run(asked) or 0)
    except FlipsideError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser("flipside-backup", description=__doc__)
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    _init(commands.add_parser("init", help="make a repository; says where its key is saved"))
    _now(commands.add_parser("now", help="one pass over each database"))
    _watch(commands.add_parser("watch", help="the agent: a pass every few seconds"))
    _list(commands.add_parser("list", help="the databases, and the moments to restore to"))
    _verify(commands.add_parser("verify", help="read and authenticate everything"))
    _restore(commands.add_parser("restore", help="bring a database back, proven, into a file"))
    return made


def _init(made: argparse.ArgumentParser) -> None:
    made.add_argument("repo", help=REPO)
    made.add_argument(
        "--recipient",
        action="append",
        default=[],
        help="a public key that may read; a pair is made if absent",
    )
    made.set_defaults(run=init)


def init(asked: argparse.Namespace) -> None:
    """Make a repository, or let this computer write to one that is there."""
    from flipside.secrets import keyring
    from flipside.secrets.recipients import check_key

    storage = storage_of(asked.repo)
    recipients = [check_key(key) for key in asked.recipient]
    repository = _made(storage, known=bool(recipients))
    if not recipients:
        public, saved = keyring.make(f"backup-{repository.id}")
        recipients = [public]
        print(f"the key is saved as {saved}")
        print("keep a copy of it elsewhere: without it nothing can be restored")
    Local(repository).keep(recipients)
    print(f"{asked.repo} is ready, readable for {', '.join(recipients)}")


def _made(storage: Storage, *, known: bool) -> Repository:
    try:
        return create(storage)
    except BackupError:
        if known:
            return opened(storage)
        raise


def _now(made: argparse.ArgumentParser) -> None:
    _databases(made)
    made.set_defaults(run=now)


def now(asked: argparse.Namespace) -> int:
    """Make one pass; 1 if one of the databases failed."""
    local = Local(opened(storage_of(asked.repo)))
    with local.alone():
        outcomes = list(Agent(local, asked.db).once())
    _say(outcomes, as_json=asked.json)
    return int(any(outcome.error for outcome in outcomes))


def _watch(made: argparse.ArgumentParser) -> None:
    _databases(made)
    made.add_argument("--every", type=float, default=10, help="seconds between passes; 10")
    made.set_defaults(run=watch)


def watch(asked: argparse.Namespace) -> None:
    """Be the agent until interrupted."""
    local = Local(opened(storage_of(asked.repo)))
    with local.alone():
        Agent(local, asked.db).watch(asked.every, lambda one: _say([one], as_json=asked.json))


def _list(made: argparse.ArgumentParser) -> None:
    made.add_argument("repo", help=REPO)
    made.add_argument("db", nargs="?", help="a database; without it all are named")
    _opening(made)
    made.set_defaults(run=listed)


def listed(asked: argparse.Namespace) -> None:
    """Name the databases, or the moments that one can be restored to."""
    repository, keys = opened(storage_of(asked.repo)), identities(asked.identity)
    wanted = database_id(repository.id, name_of(Path(asked.db))) if asked.db else None
    for epoch in repository.epochs(wanted):
        chain = Chain(repository, epoch, keys)
        if wanted is None:
            print(f"{when.show(chain.base.at)}  {chain.start.id:<10}  {chain.name}")
        for moment in chain.moments() if wanted else ():
            print(f"{when.show(moment.at)}  {moment.id:<10}  {moment.size} bytes")


def _verify(made: argparse.ArgumentParser) -> None:
    made.add_argument("repo", help=REPO)
    _opening(made)
    made.set_defaults(run=verify)


def verify(asked: argparse.Namespace) -> int:
    """Read and authenticate every object, and prove the last image of each epoch."""
    repository, keys = opened(storage_of(asked.repo)), identities(asked.identity)
    damaged = 0
    for epoch in repository.epochs():
        try:
            chain = Chain(repository, epoch, keys)
            print(f"{chain.name}: epoch {epoch.number}, {proven(chain)} moments proven")
        except DamagedError as error:
            damaged += 1
            print(f"{epoch.prefix}: {error}", file=sys.stderr)
    return int(damaged > 0)


def _restore(made: argparse.ArgumentParser) -> None:
    made.add_argument("repo", help=REPO)
    made.add_argument("db", help="the database's path as it was kept")
    made.add_argument("--into", type=Path, required=True, help="the file to write")
    made.add_argument("--at", help='the last moment until then, as "2026-11-20 14:03"')
    made.add_argument("--to", help="a moment by its id, as list shows it")
    made.add_argument("--replace", action="store_true", help="keep a file that is there beside")
    _opening(made)
    made.set_defaults(run=restored)


def restored(asked: argparse.Namespace) -> None:
    """Bring a database back."""
    repository, keys = opened(storage_of(asked.repo)), identities(asked.identity)
    at = when.parse(asked.at) if asked.at else None
    wanted = Wanted(name_of(Path(asked.db)), at, asked.to)
    chain, moment = find(repository, wanted, keys)
    kept = restore(chain, moment, asked.into.absolute(), replace=asked.replace)
    print(f"{asked.into}: {chain.name} as of {when.show(moment.at)}, proven")
    if kept:
        print(f"what was there is kept as {kept}")


def _opening(made: argparse.ArgumentParser) -> None:
    made.add_argument("--identity", help="a file of private keys; those of this computer if absent")


def _databases(made: argparse.ArgumentParser) -> None:
    made.add_argument("repo", help=REPO)
    made.add_argument("db", nargs="+", type=Path, help="SQLite files")
    made.add_argument("--json", action="store_true", help="print JSON")


def _say(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    for one in outcomes:
        if as_json:
            print(json.dumps(_told(one)))
        elif one.error:
            print(f"{one.name}: {one.error}", file=sys.stderr)
        elif one.stored:
            print(f"{one.name}: {one.stored.kind}, {one.stored.size} bytes stored")
    sys.stdout.flush()


def _told(one: Outcome) -> dict[str, Any]:
    error = one.error.as_dict() if one.error else None
    return {"db": one.name, "stored": one.stored and vars(one.stored), "error": error}


def storage_of(location: str) -> Storage:
    """Return the storage that a command line names."""
    return Folder(Path(location).expanduser().absolute())
