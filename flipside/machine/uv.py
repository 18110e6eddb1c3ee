"""uv, offline: what to run, and running it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from flipside.errors import MachineError

_FOREIGN = re.compile(r"UV_.*|PYTHON.*|VIRTUAL_ENV|CONDA_PREFIX")


def venv_command(uv: str, python: str, folder: Path) -> list[str]:
    """Return the command that makes a virtual environment which may be moved.

    Args:
        uv: The uv program.
        python: A Python's path, or a version to look for.
        folder: Where to make it.
    """
    options = ["--quiet", "--relocatable", "--no-python-downloads", "--no-project"]
    return [uv, "venv", *options, "--python", python, str(folder)]


def install_command(uv: str, venv: Path, cache: Path, wheels: Sequence[Path]) -> list[str]:
    """Return the command that installs just these wheels, with bytecode.

    Args:
        uv: The uv program.
        venv: The virtual environment.
        cache: uv's cache for this, on the same filesystem: files are linked from it.
        wheels: The wheels' paths.
    """
    options = ["--quiet", "--no-deps", "--no-index", "--no-build", "--compile-bytecode"]
    where = ["--link-mode", "hardlink", "--cache-dir", str(cache), "--python", str(venv)]
    return [uv, "pip", "install", *options, *where, *map(str, wheels)]


def run(argv: Sequence[str], cache: Path, failure: str) -> str:
    """Run uv without network, configuration, or the caller's environment of it.

    Args:
        argv: The command.
        cache: uv's cache folder.
        failure: What to say happened if it fails; uv's own words follow.

    Returns:
        What it wrote on stdout.

    Raises:
        MachineError: If it fails or is not there.
    """
    env = {key: value for key, value in os.environ.items() if not _FOREIGN.fullmatch(key)}
    env |= {"UV_CACHE_DIR": str(cache), "UV_NO_CONFIG": "1", "UV_OFFLINE": "1"}
    env |= {"UV_NO_PROGRESS": "1", "UV_PYTHON_DOWNLOADS": "never"}
    try:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    except OSError as error:
        raise MachineError(
            f"uv does not run: {error.strerror}", argv[0], "flipside platform.apply"
        ) from error
    if done.returncode:
        raise MachineError(f"{failure}\n{done.stderr.strip()}", next="flipside platform.doctor")
    return done.stdout


def base_python(version: str) -> str:
    """Return what to ask uv for: the platform's own Python if it is of that minor version."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    base: str = getattr(sys, "_base_executable", sys.executable)
    return base if version == own and base else version


def pythons(uv: str, cache: Path) -> list[str]:
    """Return the versions of the Pythons on this machine, newest first."""
    command = [uv, "python", "list", "--only-installed", "--output-format", "json"]
    found = json.loads(run(command, cache, "uv cannot list the Pythons of this machine"))
    versions = {tuple(map(int, re.findall(r"\d+", one["version"])[:3])) for one in found}
    return [".".join(map(str, version)) for version in sorted(versions, reverse=True)]


def make_venv(uv: str, version: str, folder: Path, cache: Path) -> None:
    """Make a virtual environment that may be moved.

    Args:
        uv: The uv program.
        version: The Python's version, such as ``3.11``.
        folder: Where to make it.
        cache: uv's cache folder.

    Raises:
        MachineError: If there is no such Python here; it says which there are.
    """
    command = venv_command(uv, base_python(version), folder)
    try:
        run(command, cache, f"Python {version} gave no virtual environment")
    except MachineError as error:
        here = pythons(uv, cache)
        if any(f"{one}.".startswith(f"{version}.") for one in here):
            raise
        raise MachineError(
            f"this release wants Python {version}, and the machine has {', '.join(here) or 'none'}",
            next="install it on the machine, or set `build: python:` in .flipside-app, then publish",
        ) from error
