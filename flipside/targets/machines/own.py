"""The way to this very machine, as its root."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from flipside.errors import MachineError
from flipside.targets.machines import sudo


class Own:
    """This machine, where sudo makes a command root's if we are not.

    Attributes:
        name: What it is called, for people.
    """

    name = "this machine"

    def __init__(self) -> None:
        self._root: sudo.Root | None = None

    def root(self) -> sudo.Root:
        """Return how commands become root's; ask for sudo's password where it wants one.

        Raises:
            MachineError: Root is out of reach, or there is no Python.
        """
        if self._root is None:
            done = subprocess.run(sudo.FACTS, capture_output=True, text=True, check=False)
            self._root = sudo.root(done.stdout, self.name, self.lead)
        if self._root is None:
            raise self.refused(done.stderr)
        return self._root

    def lead(self, argv: Sequence[str]) -> list[str]:
        """Return the command itself."""
        return list(argv)

    def attach(self, argv: Sequence[str]) -> int:
        """Run a command as root on this terminal; return its exit status."""
        become = ["sudo", "--"] if self.root().before else []
        return subprocess.run([*become, *argv], check=False).returncode

    def refused(self, said: str) -> MachineError:
        """Return the error for what was said of a command that never started."""
        what = (said.strip().splitlines() or ["commands do not start here"])[-1]
        return MachineError(what, self.name, "sudo true")
