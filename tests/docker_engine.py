"""A Docker engine for the tests, and the images of machines that they start.

Two workers of pytest may want them at once, so one waits for the other.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flipside.errors import MachineError, NotFoundError
from flipside.targets.docker import commands, engine, images

BASE = "debian:bookworm-slim"
MAKE_BASE = Path(__file__).with_name("base-image.sh")
SUDO = ("sudo", "-n")
SYSTEMD = Path("/run/systemd/system")


def image_of(stage: str) -> str:
    """Return the tag of a stage of the Dockerfile, built if need be; an engine runs then."""
    with _alone():
        _start_engine()
        _have_base()
        return images.ensure(stage, print)


@contextmanager
def _alone() -> Iterator[None]:
    path = Path(tempfile.gettempdir(), f"flipside-docker-{os.getuid()}.lock")
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _start_engine() -> None:
    """Start an engine if none answers and nothing but us could; it goes on running afterwards."""
    try:
        engine.run(commands.version())
    except MachineError:
        if SYSTEMD.exists() or shutil.which("dockerd") is None:
            raise
        _dockerd()


def _dockerd() -> None:
    # Inherited by the engine it would be locked for as long as that runs; Popen closes it.
    log = Path(tempfile.gettempdir(), "flipside-dockerd.log")
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            ["dockerd"] if os.getuid() == 0 else [*SUDO, "dockerd", "--group", str(os.getgid())],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while not _answers():
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise MachineError("dockerd did not start", str(log), f"tail {log}")
        time.sleep(0.2)


def _answers() -> bool:
    try:
        engine.run(commands.version())
    except MachineError:
        return False
    return True


def _have_base() -> None:
    """Pull the image that all others are made from, or make it where no registry answers."""
    try:
        engine.run(commands.has_image(BASE))
    except NotFoundError:
        pulled = subprocess.run(["timeout", "120", "docker", "pull", "--quiet", BASE], check=False)
        if pulled.returncode:
            become = [] if os.getuid() == 0 else SUDO
            subprocess.run([*become, MAKE_BASE], check=True)
