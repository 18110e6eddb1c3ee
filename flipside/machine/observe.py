"""What an environment is doing right now."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flipside.machine import generation as generations
from flipside.machine import supervise
from flipside.machine.files import read_json
from flipside.machine.layout import Layout
from flipside.machine.lock import holder
from flipside.machine.records import Record
from flipside.machine.wanted import Wanted, laid_out

_STATES = {
    "RUNNING": "running",
    "STARTING": "starting",
    "BACKOFF": "failed",
    "FATAL": "failed",
    "EXITED": "failed",
}


def live_release(layout: Layout, app: str, env: str) -> str | None:
    """Return the id of the release that serves, or None."""
    now = generations.current(layout, app, env)
    return now.release if now else None


def status(layout: Layout, record: Record, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return one environment's state: what is live, since when, its process and its memory (PSS)."""
    app, env = record["app"], record["env"]
    now = generations.current(layout, app, env)
    base: dict[str, Any] = {"app": app, "env": env, "release": now.release if now else None}
    base |= {"stopped": record["stopped"], "deploying": holder(layout.lock(app, env))}
    if now is None:
        return base | {"state": "never deployed", "url": None, "urls": [], "generation": None}
    program = _program(layout, now.service)
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
        "pid": program["pid"] or None,
        "memory": memory(program["pid"]),
    }


def _state(program: Mapping[str, Any], now: generations.Generation) -> str:
    """Return what a person calls the state; supervisord takes a second to call it running."""
    state = _STATES.get(program["statename"], "failed")
    if state == "starting" and _accepts(now):
        return "running"
    return state


def _accepts(now: generations.Generation) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(now.socket)) == 0


def _wanted(
    layout: Layout, record: Record, manifest: dict[str, Any], settings: Mapping[str, Any]
) -> Wanted:
    config = laid_out(manifest["config"], record["env"])
    return Wanted(layout, record["app"], record["env"], manifest, config, {}, dict(settings))


def _program(layout: Layout, service: str) -> dict[str, Any]:
    try:
        return supervise.states(layout.run).get(service, {"statename": "STOPPED", "pid": 0})
    except OSError:
        return {"statename": "STOPPED", "pid": 0}


def memory(pid: int) -> int | None:
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
