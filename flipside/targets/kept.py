"""Data of apps that outlives its platform: where it is put by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

KEPT = "flipside-data"


def place(platform: Path, app: str, env: str) -> Path:
    """Return where an environment's data goes: a path beside `.flipside-platform` that is not used yet.

    Args:
        platform: The platform's folder.
        app: The app.
        env: Its environment.
    """
    path = candidate = platform / KEPT / app / env
    number = 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}.{number}")
    candidate.parent.mkdir(parents=True, exist_ok=True)
    return candidate


@contextmanager
def arriving(platform: Path, folder: str) -> Iterator[Path]:
    """Yield a path for data from a machine; what is there in the end is put in its place.

    A copy that was cut is never taken for a whole one.

    Args:
        platform: The platform's folder.
        folder: The data's folder on the machine, ``.../APP/ENV/data``.
    """
    target = place(platform, *PurePosixPath(folder).parts[-3:-1])
    fresh = target.with_name(f".{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    yield fresh
    fresh.rename(target)


def data_folders() -> list[str]:
    """Return the command that lists, on a systemd machine, the folders of apps that hold data."""
    folders = ["-path", "/srv/flipside/apps/*/data", "-type", "d", "!", "-empty"]
    return ["find", "/srv", "-mindepth", "5", "-maxdepth", "5", *folders]
