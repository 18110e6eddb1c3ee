"""`flipside-backup list`, `status` and `verify`."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from flipside.backup import when
from flipside.backup.catalogue import catalogue, within
from flipside.backup.cli.command import (
    Command,
    complain,
    declare_opening,
    declare_repository,
    keys_of,
    local_of,
    named,
    report,
    say,
    size,
)
from flipside.backup.history import moments
from flipside.backup.report import Standing, standings
from flipside.backup.repository import opened
from flipside.backup.storage.location import storage_at
from flipside.backup.verify import verify


def _declare_list(made: argparse.ArgumentParser) -> None:
    declare_repository(made)
    made.add_argument("db", metavar="DB", nargs="?", help="one of them, to see its moments")
    declare_opening(made)


def _list(asked: argparse.Namespace) -> None:
    repository = opened(storage_at(asked.repo))
    keys = keys_of(asked, repository)
    known = catalogue(repository, keys)
    if not asked.db:
        found: list[dict[str, Any]] = [
            {"name": one.name, "kind": one.kind} for one in known.entries
        ]
        report(asked, found, lambda: _tell_names(found, asked.repo))
        for error in known.damaged[:1]:
            raise error
        return
    chosen = within(known.entries, named(asked.db, known.entries))
    found = [
        {"name": one.name, "id": each.id, "at": each.at, "size": each.size}
        for one in chosen
        for each in moments(repository, one, keys)
    ]
    report(asked, found, lambda: _tell_moments(found))


def _tell_names(found: list[dict[str, Any]], repo: str) -> None:
    for one in found:
        say(f"{one['name']}{'' if one['kind'] == 'db' else '  (other files)'}")
    say(f"next: flipside-backup list {repo} DB" if found else "nothing is kept here yet")


def _tell_moments(found: list[dict[str, Any]]) -> None:
    for one in found:
        say(f"{when.show(one['at'])}  {one['id']:<10}  {size(one['size']):>7}  {one['name']}")


def _status(asked: argparse.Namespace) -> int:
    found = standings(local_of(asked), time.time())
    report(asked, [asdict(one) for one in found], lambda: _tell_standings(found))
    return int(any(one.error for one in found))


def _tell_standings(found: list[Standing]) -> None:
    for one in found:
        say(one.name)
        kept = f"{one.moment} of {when.show(one.stored)}" if one.stored else "nothing yet"
        say(f"  kept:    {kept}, {size(one.size)} in all")
        if one.behind is not None:
            say(f"  behind:  {one.behind:.0f} s at most")
        say(f"  proven:  {f'{one.proof}, {when.show(one.proven)}' if one.proven else 'never'}")
        if one.error:
            complain(f"  failing: {one.error['what']}")
    if not found:
        say("no pass was made from here yet")


def _declare_verify(made: argparse.ArgumentParser) -> None:
    declare_repository(made)
    declare_opening(made)


def _verify(asked: argparse.Namespace) -> int:
    local = local_of(asked)
    found = list(verify(local, keys_of(asked, local.repository)))
    report(asked, [asdict(one) for one in found], lambda: _tell_verified(found))
    return int(any(one.error for one in found))


def _tell_verified(found: list[Any]) -> None:
    for one in found:
        if one.error:
            complain(f"{one.name}: {one.error}")
        else:
            say(f"{one.name}: {one.moments} moments, {one.objects} objects, {size(one.size)}")
    say("all is as it was put" if not any(one.error for one in found) else "there is damage")


LIST = Command("list", "name what is kept, or the moments of one of it", _declare_list, _list)
STATUS = Command("status", "show how what this computer keeps stands", declare_repository, _status)
VERIFY = Command("verify", "read and authenticate everything", _declare_verify, _verify)
