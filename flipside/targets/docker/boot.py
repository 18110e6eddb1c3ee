"""Bringing a container up: made with a port of its own, started, and its systemd waited for."""

from __future__ import annotations

import time
from pathlib import Path

from flipside.errors import MachineError
from flipside.targets import ports
from flipside.targets.docker import commands, engine
from flipside.targets.docker.engine import BOOTSTRAP

SECONDS = 60
READY = {"running", "degraded"}


def make(name: str, image: str, folder: Path, http_port: int | None) -> None:
    """Make a container and start it, reached at a free port of the loopback.

    Args:
        name: What it is called.
        image: The tag of its image.
        folder: The platform's folder.
        http_port: The port if a person chose it.

    Raises:
        MachineError: The port is taken, or Docker refuses; then no container is left.
    """
    with ports.reserved_http(http_port) as port:
        engine.run(commands.create(name, image, folder, port))
        try:
            engine.run(commands.start(name))
        except MachineError:
            # With another port it has to be another container.
            engine.run(commands.remove(name))
            raise


def wait(name: str, seconds: float = SECONDS) -> None:
    """Wait until systemd has started all that it starts at boot, or given up on some of it.

    Args:
        name: The container.
        seconds: How long at most.

    Raises:
        MachineError: It has not, within that time.
    """
    deadline = time.monotonic() + seconds
    while (said := engine.run(commands.execute(name, commands.state())).strip()) not in READY:
        if time.monotonic() > deadline:
            what = f"systemd does not come up in the container: {said}"
            raise MachineError(what, name, f"docker logs {name}; then: {BOOTSTRAP}")
        time.sleep(0.2)
