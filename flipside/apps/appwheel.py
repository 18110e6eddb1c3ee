"""The app's own wheel: built by the project's backend through uv, and what its metadata says."""

from __future__ import annotations

import os
import re
import shutil
import tomllib
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from flipside.apps.normal import normalise
from flipside.apps.resolve import Place
from flipside.apps.run import run
from flipside.apps.tools import build_env, uv_env, uv_program
from flipside.errors import BuildError

NO_NETWORK = "network was disabled"
EXTRA_MARKER = re.compile(r"\bextra\s*==")


@dataclass(frozen=True)
class AppWheel:
    """A built wheel and the metadata that a release needs of it."""

    path: Path
    sha256: str
    version: str
    requires: tuple[str, ...]


def build_command(program: str, folder: Path, interpreter: str, out: Path) -> list[str]:
    """Return uv's command that builds a wheel of the folder."""
    command = [program, "build", "--wheel", "--python", interpreter, "--out-dir", str(out)]
    return [*command, str(folder)]


def build_wheel(place: Place, python: str, index: str | None) -> AppWheel:
    """Build the folder's wheel.

    Args:
        place: The app's folder, the interpreter, and where to work.
        python: The release's minor version.
        index: URL that replaces the default index for the backend itself.

    Raises:
        BuildError: The folder is no Python project, needs another Python, or its backend failed.
    """
    _check_project(place.folder)
    check_python(static_project(place.folder).get("requires-python"), python, "pyproject.toml")
    out = place.work / "dist"
    shutil.rmtree(out, ignore_errors=True)
    _run_backend(place, out, index)
    wheels = sorted(out.glob("*.whl"))
    if not wheels:
        raise BuildError("the build ended without a wheel", str(place.folder), "uv build --wheel")
    return _read(wheels[0], python)


def static_project(folder: Path) -> dict[str, Any]:
    """Return the `[project]` table of the folder's pyproject.toml; empty when there is none.

    Raises:
        BuildError: The file cannot be read or is broken TOML.
    """
    path = folder / "pyproject.toml"
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise BuildError(
            f"pyproject.toml is broken: {e}", str(path), "correct it, then build again"
        ) from e
    except OSError as e:
        raise BuildError(
            f"cannot read pyproject.toml: {e.strerror}", str(path), f"ls -l {path}"
        ) from e
    if not isinstance(project, dict):
        raise BuildError(
            "`project` in pyproject.toml is no table", str(path), "write it as [project]"
        )
    return project


def check_python(requires: object, python: str, where: str) -> None:
    """Refuse a Python version that a project's `requires-python` excludes.

    A minor version fits when some patch release of it does.
    """
    try:
        allowed = SpecifierSet(str(requires or ""))
    except InvalidSpecifier as e:
        raise BuildError(f"requires-python: {e}", where, 'write it as ">=3.11"') from e
    if not any(allowed.contains(f"{python}.{patch}") for patch in range(100)):
        raise BuildError(
            f"the app requires Python {allowed}, and this release would have Python {python}",
            where,
            'set `build: python: "3.x"` in .flipside-app to a version that fits',
        )


def _check_project(folder: Path) -> None:
    if not any((folder / name).is_file() for name in ("pyproject.toml", "setup.py")):
        hint = "set `build: kind: tree` in .flipside-app to package the folder as it stands"
        raise BuildError(
            "no pyproject.toml or setup.py here: no wheel can be built", str(folder), hint
        )


def _run_backend(place: Place, out: Path, index: str | None) -> None:
    """Run the build, first with what uv has in its cache: asking an index takes time."""
    scratch = place.work / "backend"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    env = build_env(uv_env(os.environ, index), scratch)
    command = build_command(uv_program(), place.folder, place.interpreter, out)
    what, hint = "building the app's wheel", f"cd {place.folder} && uv build --wheel"
    try:
        run([*command, "--offline"], place.folder, env, what, hint)
    except BuildError as e:
        if NO_NETWORK not in e.what:
            raise
        run(command, place.folder, env, what, hint)


def _read(wheel: Path, python: str) -> AppWheel:
    digest = normalise(wheel)
    with zipfile.ZipFile(wheel) as z:
        name = next(n for n in z.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n))
        metadata = HeaderParser().parsestr(z.read(name).decode("utf-8"))
    check_python(metadata.get("Requires-Python"), python, "the wheel's metadata")
    requires = metadata.get_all("Requires-Dist") or []
    wanted = tuple(line for line in requires if not EXTRA_MARKER.search(line))
    return AppWheel(wheel, digest, str(metadata["Version"]), wanted)
