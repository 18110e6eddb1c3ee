"""systemd, asked and told by `systemctl`."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from flipside.errors import MachineError

# Units of components bear this before their names; those of generations begin with `app.`.
PREFIX = "flipside-"
_ASKED = "Id,Type,ActiveState,SubState,MainPID,Job,ActiveEnterTimestampMonotonic,NRestarts"
_WORDS = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "deactivating": "stopping",
    "inactive": "stopped",
}
# Seconds that a service which crashed more than once must hold before it is believed to run:
# uwsgi says that it is ready before its workers have imported the app.
STEADY = 10


class Unit(NamedTuple):
    """A service as `systemctl show` tells of it; see `flipside.machine.init.State`."""

    name: str
    word: str
    pid: int | None
    uptime: float | None


def ctl(*words: str, check: bool = True) -> str:
    """Run `systemctl`; return what it printed.

    Args:
        words: Its arguments.
        check: Whether to raise when it fails.

    Raises:
        MachineError: If it fails; what it complained of.
    """
    argv = ["systemctl", "--no-pager", *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if check and done.returncode:
        what = done.stderr.strip() or f"exit status {done.returncode}"
        raise MachineError(what, " ".join(argv), "flipside platform.doctor")
    return done.stdout


def units(*names: str) -> list[Unit]:
    """Return the services of those names, of all that are the platform's if none is given."""
    asked = names or (f"{PREFIX}*.service", "app.*.service")
    return parse(ctl("show", "--property", _ASKED, "--", *asked), time.monotonic())


def parse(shown: str, now: float) -> list[Unit]:
    """Return the services that `systemctl show` printed, blocks of NAME=VALUE apart by blank lines.

    A service that does one thing and ends (``Type=oneshot``) runs when it is needed: it is none
    of the components.
    """
    blocks = [
        dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        for block in shown.split("\n\n")
    ]
    return [_unit(found, now) for found in blocks if found and found.get("Type") != "oneshot"]


def _unit(found: dict[str, str], now: float) -> Unit:
    name = found["Id"].removesuffix(".service").removeprefix(PREFIX)
    up = now - int(found.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
    word = "crashing" if _crashes(found, up) else _WORDS.get(found["ActiveState"], "failed")
    if word == "stopped" and found.get("Job"):
        word = "starting"  # its start waits in systemd's queue
    return Unit(name, word, int(found["MainPID"]) or None, up if word == "running" else None)


def _crashes(found: dict[str, str], up: float) -> bool:
    """Between a crash and the next start, and in that start: `Restart=` in systemd.service(5)."""
    restarts = int(found.get("NRestarts") or 0)
    if found["ActiveState"] == "activating":
        return found["SubState"].startswith("auto-restart") or restarts > 0
    return found["ActiveState"] == "active" and restarts > 1 and up < STEADY


def start(names: Sequence[str]) -> None:
    """Start components that do not run."""
    ctl("start", *(f"{PREFIX}{name}.service" for name in names))


def restart(names: Sequence[str]) -> None:
    """Stop and start components."""
    ctl("restart", *(f"{PREFIX}{name}.service" for name in names))
