"""Commands of an app's own on a machine with systemd: each in a unit that ends with it, and what it started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.machine import sandbox, users
from flipside.machine.layout import Layout

_CODE = "lib/flipside/machine"


@dataclass(frozen=True)
class Confined:
    """What keeps the commands of one environment in: its user, and the sandbox of its processes.

    Attributes:
        layout: Where everything lies.
        app: The app's name.
        env: Its environment.
        resources: ``resources`` of its `.flipside-app`, whole.
        writable: Folders below its own that a command may write to, besides its data and home.
    """

    layout: Layout
    app: str
    env: str
    resources: dict[str, Any]
    writable: tuple[Path, ...] = ()

    def taking_orders(self) -> list[str]:
        """Return the command that takes its order from its input; see `flipside.machine.ordered`."""
        return [*self._unit("--pipe"), *self._python("ordered.py")]

    def entering(self, generation: Path, *options: str) -> list[str]:
        """Return what, put before a command, runs it with a generation's environment.

        Args:
            generation: The generation's folder.
            options: How it is attached, and more, as systemd-run(1) takes it.
        """
        return [*self._unit(*options), *self._python("become.py"), str(generation)]

    def _unit(self, *options: str) -> list[str]:
        """Return systemd-run(1) with all that confines; its status is the command's."""
        unit = self.layout.unit(self.app, self.env)
        user = users.name_of(self.app)
        lines = [
            f"User={user}",
            f"Group={user}",
            # One process that ran out of memory does not end what waits for it and could tell.
            "OOMPolicy=continue",
            "TimeoutStopSec=5",
            *sandbox.of_command(self.layout, self.app, self.env, self.resources, self.writable),
        ]
        properties = [word for line in lines for word in ("--property", line)]
        said = f"--description=Flipside: a command of {unit}"
        return ["systemd-run", "--quiet", "--wait", "--collect", *options, said, *properties]

    def _python(self, program: str) -> list[str]:
        return ["/usr/bin/python3", "-ISE", str(self.layout.root / _CODE / program)]
