"""`platform.bootstrap` of a fresh container, from an image that is there to a platform that is up.

Beside it a container of the same image, until its systemd has started all that it starts.
"""

from __future__ import annotations

import shutil
import statistics

from bench import DockerPlatform, Result, heading, image_of, rows, seconds, temporary

from flipside.targets.docker import boot, commands, engine

ROUNDS = 3


def measure() -> list[Result]:
    """Make three platforms, and three containers with none in them."""
    image = image_of("machine")
    platform()  # the wheels of Salt are fetched at the first
    ours = statistics.median(platform() for _ in range(ROUNDS))
    bare = statistics.median(container(image) for _ in range(ROUNDS))
    name = "platform.bootstrap of a fresh container"
    return [Result(name, ours, "s", 60, "a container until its systemd is up", bare)]


def platform() -> float:
    """Seconds until a platform is up."""
    made = DockerPlatform(temporary())
    try:
        return seconds(made.bootstrap)
    finally:
        made.destroy()


def container(image: str) -> float:
    """Seconds until a container's systemd is up."""
    folder = temporary()
    box = boot.Box(f"flipside-bare-{folder.name}", "bare", folder)
    try:
        return seconds(lambda: boot.up(box, image))
    finally:
        engine.run(commands.remove(box.name))
        shutil.rmtree(folder)


if __name__ == "__main__":
    heading()
    rows(measure())
