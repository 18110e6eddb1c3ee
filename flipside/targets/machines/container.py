"""The way into a container, by `docker exec`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from flipside.errors import MachineError
from flipside.targets.machines.sudo import Root


class Container:
    """A container that runs systemd, and whose commands run as root.

    Attributes:
        name: The container's name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def root(self) -> Root:
        """Return that commands are root's already."""
        return Root()

    def lead(self, argv: Sequence[str]) -> list[str]:
        """Return the local command that runs a command there."""
        return ["docker", "exec", "-i", self.name, *argv]

    def attach(self, argv: Sequence[str]) -> int:
        """Run a command on this terminal, if it is one; return its exit status."""
        terminal = ["-t"] if sys.stdin.isatty() and sys.stdout.isatty() else []
        local = ["docker", "exec", "-i", *terminal, self.name, *argv]
        return subprocess.run(local, check=False).returncode

    def refused(self, said: str) -> MachineError:
        """Return the error for what docker said of a command that never started."""
        what = (said.splitlines() or ["the container does not answer"])[-1]
        return MachineError(what, f"container {self.name}", "flipside platform.bootstrap")
