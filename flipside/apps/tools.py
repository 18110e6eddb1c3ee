"""The tools of a build: where uv and the interpreters are, and the environments they run in."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import uv

from flipside.apps.run import run
from flipside.errors import BuildError

EPOCH = "315532800"
"""1980-01-01 UTC, the earliest time that a zip file can hold.

Source: https://reproducible-builds.org/specs/source-date-epoch/
"""

MISPLACING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")
"""Where a user's pip installs to; it would do so in the environments that it builds in, too."""


def uv_program() -> str:
    """Return the path of uv: the one installed with Flipside."""
    return uv.find_uv_bin()


def own_python() -> str:
    """Return this interpreter's minor version, such as ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def find_python_command(program: str, python: str) -> list[str]:
    """Return the command that prints the path of an interpreter of a minor version."""
    return [program, "python", "find", python, "--no-python-downloads", "--no-project", "--system"]


def interpreter(python: str, folder: Path) -> str:
    """Return the path of an interpreter of this minor version.

    Raises:
        BuildError: None is installed on this machine.
    """
    if python == own_python():
        return sys.executable
    try:
        found = run(find_python_command(uv_program(), python), folder, uv_env(os.environ, None))
    except BuildError as e:
        raise BuildError(
            f"Python {python} is not installed on this machine, and the release is to have it",
            str(folder / ".flipside-app"),
            f"uv python install {python}",
        ) from e
    return found.strip()


def uv_env(base: Mapping[str, str], index: str | None) -> dict[str, str]:
    """Return uv's environment.

    In the environment, and not in arguments, because an index's URL may carry a password that
    `ps` would show. uv knows nothing of pip's settings: its environment variables for the index
    and the certificates are handed on, unless uv has its own.

    Args:
        base: The caller's environment.
        index: URL that replaces the default index.
    """
    env = {**base, "UV_PYTHON_DOWNLOADS": "never"}
    default = index or base.get("UV_INDEX_URL") or base.get("PIP_INDEX_URL")
    if default and (index or "UV_DEFAULT_INDEX" not in base):
        env["UV_DEFAULT_INDEX"] = default
    if index:
        env.pop("UV_INDEX_URL", None)
    if "PIP_CERT" in base:
        env.setdefault("SSL_CERT_FILE", base["PIP_CERT"])
    return env


def pip_env(base: Mapping[str, str], index: str | None) -> dict[str, str]:
    """Return pip's environment: the user's settings, but for those that break a build.

    Args:
        base: The caller's environment.
        index: URL that replaces the default index.
    """
    env = {k: v for k, v in base.items() if k not in MISPLACING}
    env |= {"PIP_REQUIRE_VIRTUALENV": "0", "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    env |= {"PIP_NO_INPUT": "1", "SOURCE_DATE_EPOCH": EPOCH}
    default = (
        index
        or base.get("PIP_INDEX_URL")
        or base.get("UV_DEFAULT_INDEX")
        or base.get("UV_INDEX_URL")
    )
    return {**env, "PIP_INDEX_URL": default} if default else env


def build_env(base: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """Return the environment of a build backend: one time, and no leftovers in the app's folder.

    Setuptools builds in ``build/`` beside the sources and ships what it finds there: also modules
    that were deleted since.

    Source: https://setuptools.pypa.io/en/latest/deprecated/distutils/configfile.html

    Args:
        base: The environment to add to.
        scratch: A folder for what the backend writes on its way.
    """
    config = scratch / "distutils.cfg"
    config.write_text(
        f"[build]\nbuild_base = {scratch}\n[egg_info]\negg_base = {scratch}\n", encoding="utf-8"
    )
    return {"DIST_EXTRA_CONFIG": str(config), **base, "SOURCE_DATE_EPOCH": EPOCH}
