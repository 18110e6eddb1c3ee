"""What an environment is doing right now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flipside.errors import MachineError
from flipside.machine import generation as generations
from flipside.machine import init, sockets
from flipside.machine.files import read_json
from flipside.machine.layout import Layout
from flipside.machine.lock import holder
from flipside.machine.records import Record
from flipside.machine.wanted import Wanted, laid_out


def live_release(layout: Layout, app: str, env: str) -> str | None:
    """Return the id of the release that serves, or None."""
    now = generations.current(layout, app, env)
    return now.release if now else None


def programs(layout: Layout) -> dict[str, init.State]:
    """Return how everything is that the init knows of; nothing if it does not answer."""
    try:
        return init.states(layout)
    except (OSError, MachineError):
        return {}


def status(
    layout: Layout,
    record: Record,
    settings: Mapping[str, Any],
    known: Mapping[str, init.State] | None = None,
) -> dict[str, Any]:
    """Return one environment's state: what is live, since when, its process and its memory (PSS).

    Args:
        layout: Where everything lies.
        record: The environment's record.
        settings: The platform's settings.
        known: What `programs` returned, asked anew if absent.
    """
    app, env = record["app"], record["env"]
    now = generations.current(layout, app, env)
    base: dict[str, Any] = {"app": app, "env": env, "release": now.release if now else None}
    base |= {"stopped": record["stopped"], "deploying": holder(layout.lock(app, env))}
    if now is None:
        return base | {"state": "never deployed", "url": None, "urls": [], "generation": None}
    known = programs(layout) if known is None else known
    program = known.get(now.service, init.State("stopped"))
    manifest = read_json(layout.manifest(app, now.release), None)
    want = _wanted(layout, record, manifest, settings) if manifest else None
    return base | {
        "state": "stopped" if record["stopped"] else _state(program, now),
        "url": want.url if want else None,
        "urls": want.origins if want else [],
        "host": now.spec["host"],
        "health": now.spec["health"],
        "since": now.spec["at"],
        "generation": now.number,
        "pid": program.pid,
        "memory": memory(program.pid),
    }


def _state(program: init.State, now: generations.Generation) -> str:
    """Return what a person calls the state.

    supervisord takes a second to call a program running. Under systemd the socket is there
    before and after the process, and one that waits alone is ``idle``.
    """
    if now.layout.is_local:
        early = program.word == "starting" and sockets.listens(now.socket)
        return "running" if early else _unless_stopped(program.word, "failed")
    return _unless_stopped(program.word, "idle" if sockets.listens(now.socket) else "failed")


def _unless_stopped(word: str, otherwise: str) -> str:
    return otherwise if word == "stopped" else word


def _wanted(
    layout: Layout, record: Record, manifest: dict[str, Any], settings: Mapping[str, Any]
) -> Wanted:
    config = laid_out(manifest["config"], record["env"])
    return Wanted(layout, record["app"], record["env"], manifest, config, {}, dict(settings))


def memory(pid: int | None) -> int | None:
    """Return the proportional memory (PSS) in bytes of a process and all its descendants."""
    if not pid:
        return None
    return sum(_pss(member) for member in family(pid))


def family(pid: int) -> list[int]:
    """Return a process id and those of its descendants."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(member for child in children for member in family(int(child)))]


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
