"""The virtual environment of an app that runs in its own folder."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path

from flipside.apps.develop.env import Here
from flipside.apps.lock import inputs_hash
from flipside.apps.requirements import Requirements, checked, option, option_lines, read
from flipside.apps.resolve import PYUWSGI, Request, explained, overrides
from flipside.apps.run import run
from flipside.apps.tools import interpreter, own_python, uv_env, uv_program
from flipside.errors import BuildError, FlipsideError

STAMP = ".flipside-inputs"
GROUPS = ("dev", "test")
READ_BY_UV = {
    "--extra-index-url",
    "--find-links",
    "--index-url",
    "--no-binary",
    "--no-index",
    "--only-binary",
    "-f",
    "-i",
}
VERSION = re.compile(r"^version(?:_info)?\s*=\s*(3\.\d+)", re.MULTILINE)


def prepare(here: Here, narrate: Callable[[str], None]) -> None:
    """Make the app's venv, or bring it up to date where what it is made from has changed.

    Raises:
        BuildError: The dependencies cannot be installed.
        FlipsideError: There is a venv of another Python.
    """
    wanted = request(here)
    inputs = inputs_hash(wanted, here.folder)
    stamp = here.venv / STAMP
    if stamp.is_file() and stamp.read_text() == inputs and _python(here).exists():
        return
    if not _python(here).exists():
        narrate(f"making .venv with Python {wanted.python}")
        base = interpreter(wanted.python, here.folder)
        run(venv_command(uv_program(), base, here.venv), here.folder, uv_env(os.environ, None))
    _check_version(here, wanted.python)
    narrate("installing what the app needs")
    _install(here, wanted)
    stamp.write_text(inputs)


def request(here: Here) -> Request:
    """Return what the venv must hold."""
    build = here.config.build
    wanted = _code(here).plus(build.extra)
    if build.index:
        wanted = wanted.without_indexes()
    return Request(wanted, build.python or own_python(), tuple(build.drop), build.index)


def _code(here: Here) -> Requirements:
    build = here.config.build
    if build.kind == "index":
        return Requirements((str(build.requirement),))
    if build.kind == "wheel":
        return Requirements(("-e .",))
    named = "requirements" in build.model_fields_set
    if named or any((here.folder / name).exists() for name in build.requirements):
        return read(build.requirements, here.folder)
    path = here.folder / "pyproject.toml"
    return Requirements(
        checked(_pyproject(here).get("project", {}).get("dependencies", []), str(path))
    )


def groups(here: Here) -> list[str]:
    """Return the project's dependency groups that development needs.

    Source: https://packaging.python.org/en/latest/specifications/dependency-groups/
    """
    return [each for each in GROUPS if each in _pyproject(here).get("dependency-groups", {})]


def _pyproject(here: Here) -> dict[str, dict[str, list[str]]]:
    try:
        return tomllib.loads((here.folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def venv_command(program: str, python: str, venv: Path) -> list[str]:
    """Return uv's command that makes a venv; what is left of a broken one goes."""
    return [program, "venv", "--quiet", "--clear", "--python", python, str(venv)]


def install_command(
    program: str, python: Path, work: Path, groups: list[str], *, prerelease: bool = False
) -> list[str]:
    """Return uv's command that installs; its input files lie in `work`, as `_install` writes them."""
    command = [program, "pip", "install", "--quiet", "--python", str(python)]
    command += ["--requirements", str(work / "requirements.in")]
    command += ["--constraints", str(work / "constraints.txt")]
    command += ["--overrides", str(work / "overrides.txt")]
    command += [part for group in groups for part in ("--group", group)]
    return command + (["--prerelease", "allow"] if prerelease else [])


def _install(here: Here, wanted: Request) -> None:
    asked = wanted.requirements
    options = [line for line in asked.options if option(line)[0] in READ_BY_UV]
    files = {
        "requirements.in": [*option_lines(options, here.folder), *asked.wanted, PYUWSGI],
        "constraints.txt": list(asked.constraints),
        "overrides.txt": overrides(wanted.drop),
    }
    with tempfile.TemporaryDirectory(prefix="flipside-") as scratch:
        work = Path(scratch)
        for name, lines in files.items():
            (work / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")
        early = "--pre" in asked.options
        command = install_command(uv_program(), _python(here), work, groups(here), prerelease=early)
        env = uv_env({k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"}, wanted.index)
        try:
            run(command, here.folder, env, "installing what the app needs")
        except BuildError as error:
            raise explained(error, wanted.python) from error


def _python(here: Here) -> Path:
    return here.venv / "bin" / "python"


def _check_version(here: Here, python: str) -> None:
    found = VERSION.search((here.venv / "pyvenv.cfg").read_text())
    if found and found[1] != python:
        what = f".venv has Python {found[1]}, and the app wants {python}"
        raise FlipsideError(what, str(here.venv), f"rm -r {here.venv}")
