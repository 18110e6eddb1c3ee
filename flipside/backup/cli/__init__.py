"""`flipside-backup`: keep SQLite databases in a repository, and bring them back."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence

from flipside.backup.cli import agent, inspect, setup, takeback
from flipside.errors import FlipsideError

COMMANDS = (
    setup.INIT,
    agent.NOW,
    agent.WATCH,
    inspect.LIST,
    inspect.STATUS,
    inspect.VERIFY,
    takeback.RESTORE,
    takeback.DRILL,
    agent.PRUNE,
)


def run() -> None:
    """Run the command that this process was started with, and end with its exit status."""
    sys.exit(main())


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status."""
    asked = parser().parse_args(argv)
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


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser("flipside-backup", description=__doc__)
    commands = made.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(command.name, help=command.help, description=command.help)
        command.declare(one)
        one.set_defaults(run=command.run)
    return made
