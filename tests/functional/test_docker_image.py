"""Machines in containers: the images are built, and systemd comes up in them."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flipside.targets.docker import boot, commands, engine


@pytest.fixture
def started() -> Iterator[Callable[[str], str]]:
    """Start a container from an image, return its name; it is removed in the end."""
    names: list[str] = []

    def start(image: str) -> str:
        names.append(f"flipside-test-{uuid.uuid4().hex[:6]}")
        engine.run(commands.create(names[-1], "machine", image, Path("/nowhere"), 0))
        engine.run(commands.start(names[-1]))
        boot.wait(names[-1])
        return names[-1]

    yield start
    for name in names:
        subprocess.run(commands.remove(name), capture_output=True, check=True)


@pytest.mark.parametrize("stage", ["machine", "host"])
def test_systemd_comes_up_whole(
    stage: str, machine_image: Callable[[str], str], started: Callable[[str], str]
) -> None:
    name = started(machine_image(stage))
    assert engine.run(commands.execute(name, commands.state())).strip() == "running"
