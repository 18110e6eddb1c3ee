"""`app.deploy` of a published release, beside what nobody can do without.

That is: a fresh venv with the same wheels by uv, `collectstatic` and `migrate --check` in it, and a
bare uwsgi until /up answers. No isolation, no checks, no way back.
"""

from __future__ import annotations

import itertools
import shutil
import statistics
import sys
import time
from pathlib import Path

from bare import serving
from bench import ROUNDS, App, Result, alone, median, quiet, seconds, touch, variables


def measure(app: App) -> list[Result]:
    """Deploy five releases that were published before; build and start five by hand."""
    ours = []
    for number in range(ROUNDS):
        touch(app, number)
        app.publish()
        time.sleep(5)  # the platform unpacks what it was given out of everybody's way
        ours.append(seconds(app.deploy))
    counter = itertools.count()
    env, wheels = variables(app), collected_wheels(app)
    other = median(lambda: by_hand(app, next(counter), env, wheels))
    name = "app.deploy of a published release"
    return [Result(name, statistics.median(ours), "s", 5, "uv, django-admin, uwsgi by hand", other)]


def collected_wheels(app: App) -> list[str]:
    """The wheels of the release that is live, from the store, by their own names."""
    folder = app.platform.folder / "by-hand-wheels"
    folder.mkdir()
    for path in (app.platform / "store/objects").rglob("*.whl"):
        shutil.copy2(path, folder)
    newest = max(folder.glob("guestbook*"), key=lambda path: path.stat().st_mtime)
    return [str(newest), *(str(p) for p in folder.iterdir() if not p.name.startswith("guestbook"))]


def by_hand(app: App, number: int, env: dict[str, str], wheels: list[str]) -> None:
    """Install, check and start one release without Flipside."""
    uv = str(Path(sys.executable).with_name("uv"))
    folder = app.platform.folder / f"by-hand-{number}"
    venv = str(folder / "venv")
    quiet([uv, "venv", "-q", "--python", sys.executable, venv])
    words = ["--no-deps", "--offline", "--compile-bytecode", "--python", venv]
    quiet([uv, "pip", "install", "-q", *words, *wheels])
    env = env | {"STATIC_ROOT": str(folder / "static")}
    for command in (["collectstatic", "--noinput"], ["migrate", "--check"]):
        quiet([f"{venv}/bin/python", "-m", "django", *command], env=env)
    with serving(folder / "venv", folder, env):
        pass


if __name__ == "__main__":
    alone(measure)
