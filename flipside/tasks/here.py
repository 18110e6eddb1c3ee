"""Which app and which platform a task is about, from its options and the folder it runs in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import FlipsideError, NotFoundError

if TYPE_CHECKING:
    from flipside.apps.subject import Subject
    from flipside.config import LoadedApp, LoadedPlatform
    from flipside.targets.base import Machine


def subject(name: str | None, env: str, platform: str | None) -> Subject:
    """Return what a task is about.

    Raises:
        NotFoundError: No app is named and none is here, or there is no platform.
        BadConfigError: A config file in the way cannot be used.
    """
    from flipside.apps.subject import Subject
    from flipside.config import find_platform

    app = app_of(name, platform)
    if app is None and name is None:
        what = "no app is named, and there is no .flipside-app here or above"
        raise NotFoundError(what, str(Path.cwd()), "name it, as in: flipside app.status NAME")
    found = find_platform(Path.cwd(), platform, app)
    return Subject(name or (app.config.name if app else ""), env, found, app)


def app_of(name: str | None, platform: str | None) -> LoadedApp | None:
    """Return the app of this folder, None without one or when `name` is another's.

    A broken `.flipside-app` is in nobody's way when name and platform are both given.
    """
    from flipside.config.load import APP_FILE, PLATFORM_VARIABLE, find_up, load_app

    if name and (platform or os.environ.get(PLATFORM_VARIABLE)):
        return None
    if find_up(Path.cwd(), APP_FILE) is None:
        return None
    app = load_app(Path.cwd())
    return app if name in (None, app.config.name) else None


def app_here(name: str | None) -> LoadedApp:
    """Return the app of this folder, for what needs its code.

    Raises:
        NotFoundError: There is no `.flipside-app` here or above.
        FlipsideError: It is another app's than the one named.
    """
    from flipside.config import load_app

    app = load_app(Path.cwd())
    if name not in (None, app.config.name):
        what = f"this is the folder of {app.config.name}, not of {name}"
        raise FlipsideError(what, str(app.path), f"cd to the folder of {name}")
    return app


def platform_here(platform: str | None) -> LoadedPlatform:
    """Return the platform that `--platform`, $FLIPSIDE_PLATFORM, the app here or a folder above say.

    Raises:
        NotFoundError: There is none.
        BadConfigError: A config file in the way cannot be used.
    """
    from flipside.config import find_platform

    return find_platform(Path.cwd(), platform, None if platform else app_of(None, platform))


def machine_here(platform: str | None, *, up: bool = True) -> Machine:
    """Return the machine of that platform. Raises MachineError if it must be ``up`` and is not."""
    from flipside.targets import target_of

    return target_of(platform_here(platform)).machine(up=up)
