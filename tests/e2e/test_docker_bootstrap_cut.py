"""A bootstrap that is cut after any of its steps, with or without its machine: again, and it is finished."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from e2e.harm import ended
from e2e.rig import temporary
from e2e.rig_docker import DockerPlatform

from flipside.targets.docker import engine

# What is told once it is done, so the cut is at the beginning of the next.
STEPS = ("Image", "Container", "Machine", "Salt", "States and code", "Configuration", "Master and")


@pytest.fixture
def platform(machine_image: Callable[[str], str]) -> Iterator[DockerPlatform]:
    machine_image("machine")
    made = DockerPlatform(temporary())
    yield made
    made.destroy()


def cut_after(platform: DockerPlatform, step: str) -> None:
    """Bootstrap, and kill it as soon as a step is told, so that it can clean up nothing."""
    running = platform.flipside.begin("platform.bootstrap", "--target=docker")
    told = any(step in line for line in running.stdout or ())
    os.killpg(running.pid, signal.SIGKILL)
    done = ended(running)
    assert told, str(done)


@pytest.mark.parametrize("power", [False, True], ids=["client", "machine"])
def test_bootstrap_cut_after_each_step_is_finished_by_another(
    platform: DockerPlatform, power: bool
) -> None:
    for step in STEPS:
        cut_after(platform, step)
        if power and step != "Image":
            engine.run(["docker", "kill", platform.box.name])
    platform.bootstrap()
    assert platform.status["highstate"]["failed"] == []
    app = platform.app("after").make()
    app.ship("1")
    assert app.version == "1"
    assert "changed" not in platform.bootstrap().err
