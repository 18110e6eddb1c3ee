"""Real machines in containers for tests of what makes them platforms, and someone who listens."""

from __future__ import annotations

import contextlib
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from flipside.targets.docker import boot, commands, engine
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote


class Narrator:
    """Keeps the titles of steps, and what was said in them."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.details: list[str] = []

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.steps.append(title)
        yield

    def detail(self, text: str) -> None:
        self.details.append(text)


class Box(Remote):
    """A machine that counts what is asked of it.

    Attributes:
        name: Its container's name.
        asked: The commands that it was given, and where files were put.
    """

    def __init__(self, name: str) -> None:
        super().__init__(Container(name))
        self.name = name
        self.asked: list[Sequence[str]] = []

    def run(self, argv, **options):
        self.asked.append(argv)
        return super().run(argv, **options)

    def put(self, source, target) -> None:
        self.asked.append(["put", str(target)])
        super().put(source, target)

    def sh(self, script: str) -> str:
        """Run a script there; return what it printed."""
        done = subprocess.run(
            ["docker", "exec", self.name, "sh", "-c", script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()


@contextlib.contextmanager
def started(image: str) -> Iterator[Box]:
    """Start a machine from an image, and remove it in the end."""
    name = f"flipside-test-{uuid.uuid4().hex[:6]}"
    engine.run(commands.create(name, "box", image, Path("/nowhere"), 0))
    try:
        engine.run(commands.start(name))
        boot.wait(name)
        yield Box(name)
    finally:
        engine.run(commands.remove(name))
