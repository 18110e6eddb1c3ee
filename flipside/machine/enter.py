"""Run a command as the app that is live: `python -m flipside.machine.enter ROOT APP ENV [CMD...]`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from flipside.errors import NotFoundError
from flipside.machine.generation import Generation, current
from flipside.machine.layout import Layout
from flipside.machine.users import account


def command(generation: Generation, words: list[str]) -> list[str]:
    """Return what to run: the words given, else the app's own shell, else Python's."""
    return words or shlex.split(generation.spec.get("shell") or "python")


def main(argv: list[str]) -> int:
    """Become the command, in the app's tree and with its whole environment."""
    root, app, env, *words = argv
    generation = current(Layout.from_root(Path(root)), app, env)
    if generation is None:
        error = NotFoundError(f"{app} is not live in {env}", next=f"flipside app.deploy {app}")
        sys.stderr.write(f"error: {error}\n")
        return 1
    run = command(generation, words)
    environment = generation.variables | {"TERM": os.environ.get("TERM", "dumb")}
    cwd, user = generation.spec["cwd"], account(generation.layout, app)
    if user:
        user.become()
    os.chdir(cwd)
    try:
        os.execvpe(run[0], run, environment)
    except OSError as error:
        sys.stderr.write(f"error: cannot run {run[0]}: {error.strerror}\n")
        return 127


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
