"""Images of machines: built from the Dockerfile here, and built once for each state of it."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections import deque
from collections.abc import Callable
from pathlib import Path

from flipside.errors import MachineError, NotFoundError
from flipside.targets.docker import commands, engine

DOCKERFILE = Path(__file__).parent / "image/Dockerfile"
_SET_UP = re.compile(r"Setting up (\S+)")


def tag(stage: str) -> str:
    """Return the tag of a stage's image; another Dockerfile has another one."""
    digest = hashlib.sha256(DOCKERFILE.read_bytes()).hexdigest()
    return f"flipside-{stage}:{digest[:12]}"


def ensure(stage: str, narrate: Callable[[str], None]) -> str:
    """Build a stage's image if it is not there; return its tag.

    Args:
        stage: A stage of the Dockerfile.
        narrate: Gets a line for each package that is set up.

    Raises:
        MachineError: There is no Docker, or the build failed; it has the build's last lines.
    """
    name = tag(stage)
    try:
        engine.run(commands.has_image(name))
    except NotFoundError:
        narrate(f"building the image {name}, which is done once")
        _build(name, stage, narrate)
    return name


def _build(name: str, stage: str, narrate: Callable[[str], None]) -> None:
    argv = commands.build(name, stage, os.environ)
    last: deque[str] = deque(maxlen=8)
    with (
        DOCKERFILE.open("rb") as recipe,
        subprocess.Popen(
            argv,
            stdin=recipe,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as building,
    ):
        for line in building.stdout or ():
            last.append(line.rstrip())
            if found := _SET_UP.search(line):
                narrate(f"package {found[1]}")
    if building.returncode:
        what = f"the image {name} was not built\n" + "\n".join(f"    {line}" for line in last)
        advice = "see to what its last lines say, then: flipside platform.bootstrap"
        raise MachineError(what, " ".join(argv), advice)
