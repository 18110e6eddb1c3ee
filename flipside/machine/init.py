"""The machine's init as one interface: supervisord on a local platform, systemd on any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flipside.machine import supervise, systemd
from flipside.machine.layout import Layout

# supervisord's words for a program's state, http://supervisord.org/subprocess.html#process-states
_WORDS = {
    "RUNNING": "running",
    "STARTING": "starting",
    "BACKOFF": "crashing",
    "STOPPED": "stopped",
    "STOPPING": "stopping",
}
DEAD = {"failed", "stopping", "stopped"}


class State(NamedTuple):
    """How a component or a generation is.

    Attributes:
        word: ``running``, ``starting``, ``crashing`` (it ends and is started again), ``failed``,
            ``stopping`` (it finishes what it has in hand) or ``stopped``.
        pid: Its process, None where there is none.
        uptime: Seconds that it has run, None where it does not.
    """

    word: str
    pid: int | None = None
    uptime: float | None = None


def states(layout: Layout) -> dict[str, State]:
    """Return how each component and each generation is, by its name.

    Raises:
        OSError: If the init does not answer.
    """
    if layout.is_local:
        found = supervise.states(layout.run)
        return {name: _supervised(info) for name, info in found.items()}
    return {unit.name: State(unit.word, unit.pid, unit.uptime) for unit in systemd.units()}


def _supervised(info: dict[str, object]) -> State:
    word = _WORDS.get(str(info["statename"]), "failed")
    up = float(str(info["now"])) - float(str(info["start"])) if word == "running" else None
    return State(word, int(str(info["pid"])) or None, up)


def start(layout: Layout, names: Sequence[str]) -> None:
    """Start components that do not run."""
    supervise.start(layout.run, names) if layout.is_local else systemd.start(names)


def restart(layout: Layout, names: Sequence[str]) -> None:
    """Stop and start components."""
    supervise.restart(layout.run, names) if layout.is_local else systemd.restart(names)
