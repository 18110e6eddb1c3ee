"""`flipside-backup`: keep SQLite databases in a repository, and bring them back."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from flipside.errors import FlipsideError

if TYPE_CHECKING:
    from flipside.backup.cli.command import Command

COMMANDS = {
    "init": "setup",
    "now": "agent",
    "watch": "agent",
    "list": "inspect",
    "status": "inspect",
    "verify": "inspect",
    "restore": "takeback",
    "drill": "takeback",
    "prune": "agent",
}
"""The commands, each with the module that has it: only what is asked for is imported."""


def run() -> None:
    """Run the command that this process was started with, and end with its exit status."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    words = sys.argv[1:] if argv is None else argv
    asked = parser(set(words[:1]) & set(COMMANDS) or COMMANDS).parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        return int(asked.run(asked) or 0)
    except FlipsideError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - a command's own voice
        return 1
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        return 130


def load(name: str) -> Command:
    """Return a command by its name."""
    made: Command = getattr(import_module(f"{__name__}.{COMMANDS[name]}"), name.upper())
    return made


def parser(names: Iterable[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """Return what reads the command line, as far as it is of some commands."""
    made = argparse.ArgumentParser("flipside-backup", description=__doc__)
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for each in map(load, names):
        one = commands.add_parser(each.name, help=each.help, description=each.help)
        each.declare(one)
        one.set_defaults(run=each.run)
    return made
