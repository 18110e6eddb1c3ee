"""`flipside-backup restore` and `drill`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.backup import when
from flipside.backup.catalogue import catalogue
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
)
from flipside.backup.moment import Until
from flipside.backup.repository import opened
from flipside.backup.storage.location import storage_at
from flipside.backup.whole import bring_back

if TYPE_CHECKING:
    from flipside.backup.database.drill import Drilled


def _declare_restore(made: argparse.ArgumentParser) -> None:
    declare_repository(made)
    made.add_argument("db", metavar="DB", help="a database or folder, by the path it was kept from")
    made.add_argument("--into", type=Path, required=True, help="the file, or folder, to write")
    made.add_argument("--at", metavar="TIME", help='the last moment until then: "2026-11-20 14:03"')
    made.add_argument("--to", metavar="ID", help="a moment by its id, as list shows it")
    made.add_argument("--replace", action="store_true", help="keep what is there beside it")
    declare_opening(made)


def _restore(asked: argparse.Namespace) -> None:
    repository = opened(storage_at(asked.repo))
    keys = keys_of(asked, repository)
    until = Until(when.parse(asked.at) if asked.at else None, asked.to)
    name = named(asked.db, catalogue(repository, keys).entries)
    into = asked.into.expanduser().absolute()
    done = bring_back(repository, keys, name, until, into, replace=asked.replace)
    report(asked, [one.as_dict() for one in done], lambda: say("\n".join(map(str, done))))


def _declare_drill(made: argparse.ArgumentParser) -> None:
    declare_repository(made)
    made.add_argument("db", metavar="DB", nargs="+", type=Path, help="SQLite files, or folders")
    declare_opening(made)


def _drill(asked: argparse.Namespace) -> int:
    from flipside.backup.database.drill import drill
    from flipside.backup.places import Places, place
    from flipside.backup.retention import DAY

    local = local_of(asked)
    keys = keys_of(asked, local.repository)
    given = [place(path) for path in asked.db]
    places = Places(local, lambda: given, lambda: local.recipients, DAY)
    found = [drill(local, writer, keys) for writer in places.databases()]
    report(asked, [one.as_dict() for one in found], lambda: _tell(found))
    return int(any(one.error for one in found))


def _tell(found: list[Drilled]) -> None:
    for one in found:
        if one.error:
            complain(f"{one.name}: {one.error}")
        else:
            rows = sum((one.rows or {}).values())
            say(f"{one.name}: {one.moment} restored, {rows} rows as live, {one.seconds:.1f} s")


RESTORE = Command("restore", "bring a database or folder back, proven", _declare_restore, _restore)
DRILL = Command("drill", "restore databases to scratch and compare them", _declare_drill, _drill)
