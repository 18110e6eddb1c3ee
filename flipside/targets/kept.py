"""Data of apps that outlives its platform: where it is put by."""

from __future__ import annotations

from pathlib import Path

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


def data_folders() -> list[str]:
    """Return the command that lists, on a systemd machine, the folders of apps that hold data."""
    folders = ["-path", "/srv/flipside/apps/*/data", "-type", "d", "!", "-empty"]
    return ["find", "/srv", "-mindepth", "5", "-maxdepth", "5", *folders]
