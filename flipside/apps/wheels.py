"""A lock's wheel files: downloaded or built by pip once, then taken from the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flipside.apps.cache import cache_root, intact, new_entry, seal
from flipside.apps.normal import normalise
from flipside.apps.requirements import is_local, logical_lines, option_lines
from flipside.apps.resolve import Place, Request, explained
from flipside.apps.run import run
from flipside.apps.tools import build_env, own_python, pip_env
from flipside.errors import BuildError

NO_SPACE = "No space left on device"
BAD_HASH = "DO NOT MATCH THE HASHES"


@dataclass(frozen=True)
class Pins:
    """A lock's lines, told apart by how pip can check them.

    Args:
        hashed: With hashes.
        fixed: Without, but fixed by a commit or URL: pip hashes no version control repository.
        local: Folders of this machine, whose content may change at any time.
    """

    hashed: tuple[str, ...]
    fixed: tuple[str, ...]
    local: tuple[str, ...]


def pins_of(lock: str) -> Pins:
    """Return the lock's requirement lines by kind."""
    lines = [line for _, line in logical_lines(lock)]
    local = tuple(line for line in lines if is_local(line.split(" --hash")[0]))
    rest = [line for line in lines if line not in local]
    hashed = tuple(line for line in rest if " --hash=" in line)
    return Pins(hashed, tuple(line for line in rest if line not in hashed), local)


def cache_key(pins: Pins, python: str) -> str:
    """Return the name of the cache entry: the pins, and what wheels are built for."""
    whole = [pins.hashed, pins.fixed, python, sysconfig.get_platform()]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:32]


def wheel_command(interpreter: str, python: str, requirements: Path, target: Path) -> list[str]:
    """Return pip's command that makes a wheel of each line of a requirements file.

    pip is Flipside's own: it can work on behalf of another interpreter, which then needs none.
    """
    other = ["--python", interpreter] if python != own_python() else []
    command = [sys.executable, "-m", "pip", *other, "wheel", "--no-deps", "--progress-bar", "off"]
    return [*command, "-r", str(requirements), "-w", str(target)]


def dependency_wheels(
    lock: str, request: Request, place: Place, narrate: Callable[[str], None]
) -> dict[Path, str]:
    """Return the path and SHA-256 of a wheel for each of the lock's packages.

    Args:
        lock: The lock's text.
        request: What it was made from: names the Python version and the indexes.
        place: Where the build works.
        narrate: Told when pip runs; nothing is when the cache has all.

    Raises:
        BuildError: A download or build failed, a hash differs, or the disk is full.
    """
    pins = pins_of(lock)
    entry = cache_root() / cache_key(pins, request.python)
    wheels = intact(entry)
    if wheels is None:
        narrate(f"fetching {len(pins.hashed) + len(pins.fixed)} wheels")
        wheels = _fill(entry, pins, request, place)
    return wheels | _local(pins, request, place, narrate)


def _fill(entry: Path, pins: Pins, request: Request, place: Place) -> dict[Path, str]:
    with new_entry(entry) as new:
        _make(pins.hashed, new, request, place, ["--require-hashes"])
        _make(pins.fixed, new, request, place, [])
        names = seal(new)
    return {entry / name: digest for name, digest in names.items()}


def _make(
    lines: tuple[str, ...], target: Path, request: Request, place: Place, more: list[str]
) -> None:
    if not lines:
        return
    place.work.mkdir(parents=True, exist_ok=True)
    listed = place.work / "wheels.txt"
    options = option_lines(request.requirements.options, place.folder)
    listed.write_text("".join(f"{line}\n" for line in [*options, *lines]), encoding="utf-8")
    env = build_env(pip_env(os.environ, request.index), place.work)
    command = [*wheel_command(place.interpreter, request.python, listed, target), *more]
    try:
        run(command, place.folder, env, "making the dependencies' wheels")
    except BuildError as e:
        raise _understood(e, request.python) from e


def _understood(error: BuildError, python: str) -> BuildError:
    if BAD_HASH in error.what:
        hint = "if the index is to be trusted, make a new lock: flipside app.publish --upgrade"
        return BuildError(error.what, error.where, hint)
    if NO_SPACE in error.what:
        line = next(line for line in error.what.splitlines() if NO_SPACE in line).strip()
        what = f"the disk is full: the dependencies' wheels do not fit\n    {line}"
        return BuildError(what, str(cache_root()), "free some space, then build again")
    return explained(error, python)


def _local(
    pins: Pins, request: Request, place: Place, narrate: Callable[[str], None]
) -> dict[Path, str]:
    if not pins.local:
        return {}
    narrate(f"building {len(pins.local)} wheels of local folders")
    target = place.work / "local"
    shutil.rmtree(target, ignore_errors=True)
    _make(pins.local, target, request, place, [])
    return {path: normalise(path) for path in sorted(target.glob("*.whl"))}
