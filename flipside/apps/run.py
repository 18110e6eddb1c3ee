"""The one place where a build runs other programs."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from flipside.errors import BuildError

TAIL_LINES = 40
"""Lines of a failed program's output that an error shows: a backend's traceback fits."""

PLAIN = {"NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
COLOUR = ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS")


def run(
    argv: list[str],
    cwd: Path,
    env: Mapping[str, str] | None = None,
    what: str | None = None,
    hint: str | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    Args:
        argv: Program and arguments; no shell is involved.
        cwd: The folder it runs in.
        env: The whole environment; this process's own if absent. Colours are always off.
        what: What it does, in words; the error begins with it.
        hint: The error's next step; by default the command line itself.

    Raises:
        BuildError: It is not installed, or failed; carries the tail of its output.
    """
    what = what or shlex.join(argv)
    hint = hint or f"cd {shlex.quote(str(cwd))} && {shlex.join(argv)}"
    try:
        done = subprocess.run(
            argv,
            check=False,
            cwd=cwd,
            env=plain(os.environ if env is None else env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as e:
        raise BuildError(f"{what}: cannot run {argv[0]}: {e.strerror}", str(cwd), hint) from e
    if done.returncode:
        said = indented_tail(done.stdout + done.stderr)
        raise BuildError(f"{what} failed ({ending(done.returncode)}){said}", str(cwd), hint)
    return done.stdout


def plain(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with colours off: output goes into errors."""
    return {k: v for k, v in env.items() if k not in COLOUR} | PLAIN


def ending(status: int) -> str:
    """Say how a process ended: its exit status, or the signal (a negative status)."""
    return f"exit status {status}" if status > 0 else f"killed by signal {-status}"


def indented_tail(output: str, lines: int = TAIL_LINES) -> str:
    """Return the last lines of an output, indented below an error's first line, or nothing."""
    kept = output.strip().splitlines()[-lines:]
    return "".join(f"\n    {line.rstrip()}" for line in kept)
