"""`flipside-backup` as its users run it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from backup_tools import QUIET, Agent


class Flipside(Agent):
    """`flipside-backup now`, a pass each time."""

    name = "flipside-backup"
    checks = True
    every = 10.0
    program = str(Path(sys.executable).with_name("flipside-backup"))

    def __init__(self, folder: Path, *paths: Path) -> None:
        super().__init__(folder, *paths)
        places = {"FLIPSIDE_KEYS": "keys", "FLIPSIDE_BACKUP_STATE": "state"}
        self.env |= {name: str(folder / place) for name, place in places.items()}
        # An installed program is compiled; where this is set it would be anew at each start.
        self.env.pop("PYTHONDONTWRITEBYTECODE", None)

    def first(self) -> None:
        """Make a repository with a key of its own, and the base."""
        self.run(self.program, "init", str(self.repository))
        self.again()

    def again(self) -> None:
        """Make a pass."""
        self.run(self.program, "now", str(self.repository), *map(str, self.paths))

    def command(self) -> Sequence[str]:
        """The agent's command line."""
        paths = map(str, self.paths)
        return [self.program, "watch", str(self.repository), *paths, "--every", f"{self.every:g}"]

    def restore(self, into: Path) -> Path:
        """Bring back the last moment."""
        made = into / "restored.db"
        what = (str(self.repository), str(self.paths[0]))
        self.run(self.program, "restore", *what, "--into", str(made))
        return made


class Watching(Flipside):
    """`flipside-backup watch` as it comes: a pass every 10 seconds, and the base is the agent's, too."""

    def first(self) -> None:
        """Make a repository, start the agent, and wait for the base."""
        self.run(self.program, "init", str(self.repository))
        self.start()
        self.again()

    def again(self) -> None:
        """Wait until the agent had its turn and nothing more comes."""
        self.quiet = QUIET + self.every
        Agent.again(self)


class EachSecond(Watching):
    """A pass every second, as Litestream's."""

    every = 1.0
