"""Run a command as the app that is live: `python -m flipside.machine.enter ROOT APP ENV [CMD...]`."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from flipside.errors import NotFoundError
from flipside.machine import become
from flipside.machine.generation import Generation, current
from flipside.machine.layout import Layout


def command(generation: Generation, words: list[str]) -> list[str]:
    """Return what to run: the words given, else the app's own shell, else Python's."""
    return words or shlex.split(generation.spec.get("shell") or "python")


def main(argv: list[str]) -> int:
    """Become the command, in the app's tree, with its whole environment and what confines it."""
    root, app, env, *words = argv
    generation = current(Layout.from_root(Path(root)), app, env)
    if generation is None:
        error = NotFoundError(f"{app} is not live in {env}", next=f"flipside app.deploy {app}")
        sys.stderr.write(f"error: {error}\n")
        return 1
    run = command(generation, words)
    if generation.confined:
        terminal = "--pty" if sys.stdin.isatty() and sys.stdout.isatty() else "--pipe"
        lead = generation.confined.entering(generation.path, terminal)
        os.execvp(lead[0], [*lead, *run])
    return become.main(str(generation.path), run)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
