"""Dependencies to exact versions: uv's command, its input files, its explanations."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from flipside.apps.requirements import Requirements, option, option_lines
from flipside.apps.run import run
from flipside.apps.tools import uv_env, uv_program
from flipside.errors import BuildError

PYUWSGI = "pyuwsgi==2.0.30.post1"
"""The server that every release runs under: a wheel, so no compiler is needed."""

WRONG_PYTHON = re.compile(
    r"requires[- ]python|\bPython ?[<>=!~]=?|matching Python|No matching distribution"
    r"|Python ABI tag",
    re.IGNORECASE,
)
WANTED_PYTHON = re.compile(r"Python ?>=? ?(3\.\d+)")


@dataclass(frozen=True)
class Request:
    """What decides a lock's content.

    Args:
        requirements: What the project asks for, `build: extra:` included.
        python: Minor version, such as ``3.11``.
        drop: Names to leave out, wherever they are asked for.
        index: URL that replaces the default index.
        platform: uv's name of the platform to resolve for; this machine's if absent.
    """

    requirements: Requirements
    python: str
    drop: tuple[str, ...] = ()
    index: str | None = None
    platform: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a lock is made.

    Args:
        folder: The app's folder; the lock lies in it.
        work: A scratch folder.
        interpreter: Path of a Python of the requested version: some packages must be built.
    """

    folder: Path
    work: Path
    interpreter: str


def overrides(drop: tuple[str, ...]) -> list[str]:
    """Return uv's override lines: names that no platform wants, and the one pyuwsgi."""
    names = {canonicalize_name(name) for name in ("uwsgi", *drop)} - {"pyuwsgi"}
    return [*(f"{name} ; sys_platform == 'never'" for name in sorted(names)), PYUWSGI]


def compile_command(
    program: str, request: Request, interpreter: str, work: Path, *, upgrade: bool = False
) -> list[str]:
    """Return uv's command; its input and output files lie in ``work``, as `resolve` writes them."""
    command = [program, "pip", "compile", str(work / "requirements.in")]
    command += ["--output-file", str(work / "pins.txt")]
    command += ["--constraints", str(work / "constraints.txt")]
    command += ["--overrides", str(work / "overrides.txt")]
    command += ["--python", interpreter, "--python-version", request.python, "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]
    if request.platform:
        command += ["--python-platform", request.platform]
    if upgrade:
        command += ["--upgrade"]
    return command + [
        extra for line in request.requirements.options for extra in _on_command_line(line)
    ]


def resolve(request: Request, place: Place, known: str = "", *, upgrade: bool = False) -> str:
    """Return the pins, as lines of a requirements file with hashes.

    Args:
        request: What to resolve.
        place: Where.
        known: An earlier lock, whose versions are kept where they still fit.
        upgrade: Keep none, and ask the index anew.

    Raises:
        BuildError: No versions fit, or an index cannot be reached.
    """
    asked = request.requirements
    files = {
        "requirements.in": [
            *option_lines(_in_file(asked.options), place.folder),
            *asked.wanted,
            PYUWSGI,
        ],
        "constraints.txt": list(asked.constraints),
        "overrides.txt": overrides(request.drop),
        "pins.txt": known.splitlines(),
    }
    place.work.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (place.work / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = compile_command(uv_program(), request, place.interpreter, place.work, upgrade=upgrade)
    try:
        run(command, place.folder, uv_env(os.environ, request.index), "resolving the dependencies")
    except BuildError as e:
        raise explained(e, request.python) from e
    return (place.work / "pins.txt").read_text(encoding="utf-8")


def explained(error: BuildError, python: str) -> BuildError:
    """Return a resolver's error with the Python version named where it is the cause."""
    if not WRONG_PYTHON.search(error.what):
        return BuildError(
            error.what,
            error.where,
            "mend the requirements, or see `build:` `index`, `extra` and `drop` in .flipside-app",
        )
    newer = WANTED_PYTHON.search(error.what)
    value = newer[1] if newer else "3.x"
    return BuildError(
        f"{error.what}\n    This was tried with Python {python}",
        error.where,
        f'if it needs another Python, set `build: python: "{value}"` in .flipside-app',
    )


def _in_file(options: tuple[str, ...]) -> list[str]:
    return [
        line
        for line in options
        if not _on_command_line(line) and option(line)[0] != "--prefer-binary"
    ]


def _on_command_line(line: str) -> list[str]:
    """Return the arguments for an option that uv does not take from a file."""
    name, value = option(line)
    return {
        "--pre": ["--prerelease", "allow"],
        "--trusted-host": ["--allow-insecure-host", value],
    }.get(name, [])
