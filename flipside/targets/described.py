"""The `.flipside-platform` that `platform.bootstrap` works from: found, or written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flipside.config import PLATFORM_FILE, LoadedApp, LoadedPlatform, find_platform, load_platform
from flipside.config.load import PLATFORM_VARIABLE, as_label
from flipside.config.save import write_platform
from flipside.errors import FlipsideError, NotFoundError
from flipside.targets import check_target

LOCAL, HOST, VAGRANT = "local", "host", "vagrant"


def file_to_use(explicit: str | None, app: LoadedApp | None) -> Path:
    """Return where the platform's file is, or shall be.

    `explicit` or $FLIPSIDE_PLATFORM names a folder or a file; an app's folder leads to the
    platform that the app goes to, as long as there is one; otherwise it is the current folder.
    """
    named = explicit or os.environ.get(PLATFORM_VARIABLE)
    if named:
        path = Path(named).expanduser().absolute()
        return path if path.is_file() or path.name == PLATFORM_FILE else path / PLATFORM_FILE
    if app:
        try:
            return find_platform(Path.cwd(), None, app).path
        except NotFoundError:
            pass
    return Path.cwd() / PLATFORM_FILE


def described(path: Path, wanted: dict[str, Any]) -> tuple[LoadedPlatform, bool]:
    """Return the platform that the file describes, and whether it was written just now.

    Args:
        path: The file.
        wanted: What was asked for, by key; None is anything.

    Raises:
        NotFoundError: There is no such target.
        FlipsideError: The name is no DNS label, or the file is there and says otherwise.
    """
    wanted = {key: value for key, value in wanted.items() if value is not None}
    if "target" in wanted:
        check_target(wanted["target"], "--target")
    if "name" in wanted:
        _check_name(wanted["name"])
    if path.exists():
        platform = load_platform(path)
        _refuse_contradiction(platform, wanted)
        return platform, False
    if not path.parent.is_dir():
        hint = f"mkdir -p {path.parent}"
        raise NotFoundError("there is no such folder", str(path.parent), hint)
    name = as_label(path.parent.name, "platform")
    target = HOST if "host" in wanted else VAGRANT if "provider" in wanted else LOCAL
    write_platform(path, {"name": name, "target": target} | wanted)
    return load_platform(path), True


def _check_name(name: str) -> None:
    label = as_label(name, "platform")
    if label != name:
        what = f"`{name}` cannot be a platform's name: lowercase letters, digits and inner hyphens"
        raise FlipsideError(what, "--name", f"flipside platform.bootstrap --name {label}")


def _refuse_contradiction(platform: LoadedPlatform, wanted: dict[str, Any]) -> None:
    for key, value in wanted.items():
        said = getattr(platform.config, key)
        if said != value:
            option = f"--{key.replace('_', '-')}"
            is_now = "has no" if said is None else f"says {said} for its"
            what = f"this platform {is_now} `{key}`, and {option} asks for {value}"
            hint = (
                f"leave {option} out, write `{key}: {value}` into the file, or use another folder"
            )
            raise FlipsideError(what, str(platform.path), hint)
