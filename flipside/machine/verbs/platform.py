"""Verbs about the platform as a whole."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from flipside.machine import highstate, observe, supervise
from flipside.machine.doctor import checks
from flipside.machine.verbs.apps import apps
from flipside.machine.verbs.context import Context

COMPONENTS = ("salt-master", "salt-minion", "nginx", "memcached", "rsyslog", "logs")


def python(context: Context) -> str:  # noqa: ARG001 - what each verb is given
    """Return the minor version of the machine's Python, such as ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def platform_status(context: Context) -> dict[str, Any]:
    """Return the components, the last highstate, the apps and the disk."""
    last = highstate.last(context.layout.root)
    usage = shutil.disk_usage(context.layout.root)
    minutes = int(context.settings["highstate_minutes"])
    return {
        "root": str(context.layout.root),
        "run": str(context.layout.run),
        "http_port": context.settings["nginx"]["http_port"],
        "components": components(context),
        "highstate": last,
        "next_highstate": last["at"] + minutes * 60 if last else None,
        "apps": apps(context),
        "disk": {"free": usage.free, "total": usage.total},
    }


def components(context: Context) -> list[dict[str, Any]]:
    """Return name, state, pid, uptime (seconds) and memory (PSS, bytes) of each component."""
    found = supervise.states(context.layout.run)
    return [_component(name, found.get(name)) for name in COMPONENTS]


def _component(name: str, info: dict[str, Any] | None) -> dict[str, Any]:
    if info is None:
        return {"name": name, "state": "missing", "pid": None, "uptime": None, "memory": None}
    up = info["statename"] == "RUNNING"
    return {
        "name": name,
        "state": info["statename"].lower(),
        "pid": info["pid"] or None,
        "uptime": info["now"] - info["start"] if up else None,
        "memory": observe.memory(info["pid"]),
    }


def doctor(context: Context) -> dict[str, Any]:
    """Return checks of everything that can be wrong, each with what to type next."""
    return {"checks": checks(context.layout, context.settings)}
