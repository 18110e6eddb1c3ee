"""The backup agent: one process that keeps the data of all apps; a program of the init.

`python -m flipside.machine.backup.agent ROOT`
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from flipside.backup.outcome import Outcome
from flipside.backup.watch import Watch
from flipside.errors import FlipsideError
from flipside.machine.backup.backups import Backups
from flipside.machine.layout import Layout


def main(root: str) -> None:
    """Keep everything until told to end.

    Raises:
        FlipsideError: If the repository cannot be written to; the init tries again.
    """
    backups = Backups(Layout.from_root(Path(root)))
    local, settings = backups.local(), backups.settings
    watch = Watch(local, backups.places(local), settings.retention, backups.identities(), say)
    with local.alone() as lease:
        log(f"keeping {backups.layout.apps} in {settings.repository}")
        watch.run(lease, settings.every)


def say(one: Outcome) -> None:
    """Write to the log what was put, and what failed."""
    if one.error:
        log(f"{one.name}: {one.error}")
    elif one.stored:
        log(f"{one.name}: {one.stored.kind}, {one.stored.size} bytes")
    else:
        log(f"{one.name}: works again")


def log(line: str) -> None:
    """Write a line to the log."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        main(sys.argv[1])
    except FlipsideError as error:
        sys.exit(f"error: {error}")
