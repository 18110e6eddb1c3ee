"""What tests of bad input and of faults share: how a refusal must read, and how harm is done."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
from pathlib import Path

from e2e.rig import App, Done, until

OURS = re.compile(r'File "[^"\n]*/flipside/(?!machine/probe\.py)[^"\n]+\.py"')


def says(done: Done, *words: str) -> Done:
    """Assert that a refusal is one: its status, what is wrong, what to do next, in words."""
    assert done.status == 1, str(done)
    assert "error: " in done.err, str(done)
    assert "next:  " in done.err, str(done)
    assert not OURS.search(done.err), str(done)
    assert "unexpected " not in done.err, str(done)
    missing = [word for word in words if word not in done.err]
    assert not missing, f"{missing} not in: {done}"
    return done


def ended(running: subprocess.Popen[str], seconds: float = 90) -> Done:
    """Wait for a command that was begun."""
    out, err = running.communicate(timeout=seconds)
    return Done(running.args, running.returncode, out, err, 0)


def ctrl_c(running: subprocess.Popen[str]) -> Done:
    """Press Ctrl-C: SIGINT to the whole process group, as a terminal does."""
    os.killpg(running.pid, signal.SIGINT)
    return ended(running)


def begin(app: App, *args: str, **env: str) -> subprocess.Popen[str]:
    """Start a command in the app's folder."""
    return app.platform.flipside.begin(*args, cwd=app.folder, **env)


def files(app: App) -> dict[str, bytes]:
    """Everything in an app's data dir, byte for byte, but SQLite's shared memory."""
    found = sorted(app.place().joinpath("data").rglob("*"))
    return {
        path.name: path.read_bytes()
        for path in found
        if path.is_file() and not path.name.endswith("-shm")
    }


def live(app: App) -> str:
    """The release that is live on the machine."""
    return (app.place() / "current/release").resolve().name


def serves(app: App, release: str, version: str = "1") -> None:
    """Assert that a release is live, serves, and that nothing is under way."""
    assert live(app) == release
    assert app.version == version
    assert not (app.place() / "switching.json").exists()
    until(lambda: not held(app), 5)


def held(app: App) -> bool:
    """Whether somebody holds one of the app's two locks."""
    record = app.platform / f"store/records/{app.name}.production.lock"
    return any(_locked(path) for path in (record, app.place() / "lock"))


def _locked(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def row(app: App, word: str) -> None:
    """Write a row through the app."""
    assert app.http("/rows", method="POST", body=word, timeout=60).status == 200


def programs(app: App) -> list[Path]:
    """The generations that supervisord knows of the app."""
    return sorted((app.platform / "etc/supervisor/apps").glob(f"app.{app.name}.production.*"))
