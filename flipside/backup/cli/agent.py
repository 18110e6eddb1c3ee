"""`flipside-backup now`, `watch` and `prune`."""

from __future__ import annotations

import argparse
from pathlib import Path

from flipside.backup.cli.command import (
    Command,
    complain,
    declare_repository,
    local_of,
    own_identities,
    report,
    say,
    size,
)
from flipside.backup.errors import BackupError
from flipside.backup.local import Local
from flipside.backup.outcome import Outcome
from flipside.backup.places import Places, place
from flipside.backup.retention import DAY, Retention
from flipside.backup.watch import Watch

_KEEP = "24h,7d,30d"


def _declare(made: argparse.ArgumentParser) -> None:
    declare_repository(made)
    made.add_argument("db", metavar="DB", nargs="+", type=Path, help="SQLite files, or folders")
    made.add_argument(
        "--keep",
        default=_KEEP,
        metavar="ALL,HOURLY,DAILY",
        help=f"how long every moment, one of each hour, one of each day is kept; {_KEEP} if absent",
    )
    made.add_argument(
        "--take-over",
        action="store_true",
        help="write even though another computer holds the repository: it is gone for good",
    )


def _declare_watch(made: argparse.ArgumentParser) -> None:
    _declare(made)
    made.add_argument(
        "--every", type=float, default=10.0, metavar="SECONDS", help="between two passes; 10"
    )


def _watch_of(asked: argparse.Namespace, local: Local) -> Watch:
    kept = Retention.parsed(asked.keep.split(","), "--keep")
    given = [place(path) for path in asked.db]
    for each in given:
        if not each.path.exists():
            raise BackupError("there is no such file", str(each.path))
    places = Places(local, lambda: given, lambda: local.recipients, kept.increments)
    return Watch(local, places, kept, own_identities(), lambda one: _tell(asked, one))


def _now(asked: argparse.Namespace) -> int:
    local = local_of(asked)
    watch = _watch_of(asked, local)
    with local.writing(take_over=asked.take_over):
        outcomes = watch.once()
    if not asked.json and not any(one.stored or one.error for one in outcomes):
        say("nothing has changed")
    return int(any(one.error for one in outcomes))


def _watch(asked: argparse.Namespace) -> None:
    local = local_of(asked)
    watch = _watch_of(asked, local)
    if not 0 < asked.every < DAY:
        raise BackupError(
            f"--every {asked.every:g} cannot be", None, "give seconds above 0, and below a day"
        )
    with local.alone(take_over=asked.take_over) as lease:
        if not asked.json:
            say(f"keeping {len(asked.db)} in {asked.repo}, every {asked.every:g} s; Ctrl-C ends it")
        watch.run(lease, asked.every)


def _prune(asked: argparse.Namespace) -> int:
    local = local_of(asked)
    with local.writing(take_over=asked.take_over):
        outcomes = _watch_of(asked, local).collect()
    for one in outcomes:
        _tell(asked, one)
    return int(bool(outcomes))


def _tell(asked: argparse.Namespace, one: Outcome) -> None:
    report(asked, one.as_dict(), lambda: _say(one))


def _say(one: Outcome) -> None:
    if one.error:
        complain(f"{one.name}: {one.error}")
    elif one.stored:
        say(f"{one.name}: {one.stored.kind}, {size(one.stored.size)} stored")
    else:
        say(f"{one.name}: works again")


NOW = Command("now", "make one pass over databases, or all in folders", _declare, _now)
WATCH = Command("watch", "be the agent: a pass every few seconds", _declare_watch, _watch)
PRUNE = Command(
    "prune", "let go of what is not to be kept, as the agent does hourly", _declare, _prune
)
