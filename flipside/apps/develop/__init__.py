"""`app.run` and `app.test`: the app in its own folder, as it would run on a platform.

Everything lies in two folders that git leaves alone: `.venv` (made by uv) and `.data` (what the
app writes, its generated secrets, uwsgi's configuration).
"""

from __future__ import annotations

import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from flipside.apps.develop import env, server, venv
from flipside.apps.develop.env import Here
from flipside.config.load import LoadedApp
from flipside.errors import FlipsideError
from flipside.machine.steps import run_step

__all__ = ["run", "test"]

PATIENCE = 10
"""Seconds that uwsgi gets to end by itself."""

Narrate = Callable[[str], None]


def run(app: LoadedApp, port: int | None, narrate: Narrate) -> int:
    """Serve the app on 127.0.0.1 until Ctrl-C, and start it anew whenever its code changes.

    The deploy steps (migrations) run first. The install steps do not: Django's static files are
    served from where they are written. uwsgi's log goes to this process's stderr.

    Args:
        app: The app.
        port: The port; if None, 8000 or the next one that is free.
        narrate: Told what happens, a line at a time.

    Returns:
        uwsgi's exit status; 0 after Ctrl-C.

    Raises:
        FlipsideError: No WSGI callable is named, the port is taken, dependencies cannot be
            installed, or a step failed.
    """
    callable_ = server.callable_of(app)
    port = server.usable_port(port)
    here = Here(app, app.folder / env.DATA, port)
    _prepare(here, narrate)
    values = env.environment(here)
    env.write_files(here, values, narrate)
    for step in here.config.steps.deploy:
        narrate(f"running {step.run}")
        run_step(step.model_dump(), here.cwd, values, here.venv / "bin", narrate)
    ini = server.write(here, callable_)
    narrate(f"{here.url} (Ctrl-C stops it)")
    return _serve(server.command(here, ini), here.cwd, env.on_path(values, here))


def test(app: LoadedApp, arguments: Sequence[str], narrate: Narrate) -> int:
    """Run `commands: test:` in the app's folder, with data of its own; return its exit status.

    Args:
        app: The app.
        arguments: Further arguments of the command.
        narrate: Told what happens, a line at a time.

    Raises:
        FlipsideError: The app has no such command, or dependencies cannot be installed.
    """
    command = app.config.commands.get("test")
    if command is None:
        hint = "add to it `commands: {test: python -m unittest}`, or whatever runs them"
        raise FlipsideError("the app does not say how to test it", str(app.path), hint)
    here = Here(app, app.folder / env.DATA / "test", None)
    _prepare(here, narrate)
    values = env.environment(here)
    env.write_files(here, values, narrate)
    narrate(" ".join(["running", command, *map(shlex.quote, arguments)]))
    return _attached(test_command(command, arguments), here.cwd, env.on_path(values, here))


def test_command(command: str, arguments: Sequence[str]) -> list[str]:
    """Return the argv of a test command; the arguments reach it as they are."""
    return ["sh", "-c", f'{command} "$@"', "sh", *arguments]


def _prepare(here: Here, narrate: Narrate) -> None:
    env.make_folders(here)
    venv.prepare(here, narrate)


def _serve(argv: list[str], cwd: Path, values: Mapping[str, str]) -> int:
    try:
        return _attached(argv, cwd, values)
    except KeyboardInterrupt:
        return 0


def _attached(argv: list[str], cwd: Path, values: Mapping[str, str]) -> int:
    """Run a program on this terminal; it ends with us, however we end."""
    with _terminable(), subprocess.Popen(argv, cwd=cwd, env=values) as child:
        try:
            status = child.wait()
        except BaseException:
            _end(child)
            raise
    return status if status >= 0 else 128 - status


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop a child that the terminal's Ctrl-C may have reached already; never leave it behind."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        child.send_signal(number)
        try:
            child.wait(PATIENCE)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):  # Ctrl-C again: be harsher
            continue
        return


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM raise SystemExit, so that the child does not outlive us."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
