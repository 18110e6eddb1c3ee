"""Bringing a platform's container up: made with a port of its own, started, its systemd waited for."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from flipside.config import LoadedPlatform
from flipside.errors import MachineError
from flipside.targets import ports
from flipside.targets.docker import commands, engine
from flipside.targets.docker.engine import BOOTSTRAP, Container

SECONDS = 60
READY = {"running", "degraded"}


@dataclass(frozen=True)
class Box:
    """The container of a platform, whether it is there or not.

    Attributes:
        name: What it is called; another folder's platform of the same name has another one.
        hostname: What it calls itself.
        folder: The platform's folder.
        http_port: The port of the web server if a person chose it.
    """

    name: str
    hostname: str
    folder: Path
    http_port: int | None = None


def box_of(platform: LoadedPlatform) -> Box:
    """Return a platform's container."""
    config, folder = platform.config, platform.folder.resolve()
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:6]
    return Box(f"flipside-{config.name}-{digest}", config.name, folder, config.http_port)


def found(box: Box) -> Container | None:
    """Return the container if there is one, running or not.

    Raises:
        MachineError: Its name is taken by one that is not this platform's, it has another name, or
            Docker does not answer.
    """
    container = engine.find(box.name)
    if container and container.folder != str(box.folder):
        what = "a container that is not this platform's has its name"
        raise MachineError(what, box.name, f"docker rename {box.name} {box.name}-other")
    if container is None:
        _refuse_former_name(box)
    return container


def _refuse_former_name(box: Box) -> None:
    """Refuse to overlook the container of a platform whose name was changed."""
    for former in engine.run(commands.of_folder(box.folder)).split():
        what = f"the container of this folder is called {former}, from another `name:` before"
        raise MachineError(what, str(box.folder), f"docker rename {former} {box.name}")


def up(box: Box, image: str) -> int:
    """Bring the container up; return the port of the loopback that leads to its web server.

    Args:
        box: The container.
        image: The tag to make it from if there is none.

    Raises:
        MachineError: Another port is wanted than it has, the port is taken, systemd does not come
            up, or Docker refuses.
    """
    container = found(box) or _made(box, image)
    _refuse_other_port(box, container)
    if not container.running:
        engine.run(commands.start(box.name))
    wait(box.name)
    return container.port


def _made(box: Box, image: str) -> Container:
    with ports.reserved_http(box.http_port) as port:
        engine.run(commands.create(box.name, box.hostname, image, box.folder, port))
        try:
            engine.run(commands.start(box.name))
        except MachineError:
            # A container keeps its port: with another one it has to be another container.
            engine.run(commands.remove(box.name))
            raise
    return Container(str(box.folder), running=True, port=port)


def _refuse_other_port(box: Box, container: Container) -> None:
    if box.http_port not in {None, container.port}:
        what = f"its container has port {container.port} for good, `http_port` says {box.http_port}"
        advice = f"write `http_port: {container.port}`, or: flipside platform.destroy"
        raise MachineError(what, box.name, advice)


def wait(name: str, seconds: float = SECONDS) -> None:
    """Wait until systemd has started all that it starts at boot, or given up on some of it.

    Args:
        name: The container.
        seconds: How long at most.

    Raises:
        MachineError: It has not, within that time, or the container ended meanwhile.
    """
    deadline = time.monotonic() + seconds
    while (said := engine.run(commands.execute(name, commands.state())).strip()) not in READY:
        if time.monotonic() > deadline:
            what = f"systemd does not come up in the container: {said}"
            raise MachineError(what, name, f"docker logs {name}; then: {BOOTSTRAP}")
        time.sleep(0.2)
