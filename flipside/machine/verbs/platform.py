"""Verbs about the platform as a whole."""

from __future__ import annotations

import shutil
import sys
from typing import Any

from flipside import __version__
from flipside.machine import drift, highstate, init, observe
from flipside.machine.doctor import checks
from flipside.machine.verbs.apps import apps
from flipside.machine.verbs.context import Context

COMPONENTS = ("salt-master", "salt-minion", "nginx", "memcached", "rsyslog", "backup")
# What passes the others' output on to rsyslog; systemd has its journal for that.
LOCAL_ONLY = ("logs",)


def python(context: Context) -> str:  # noqa: ARG001 - what each verb is given
    """Return the minor version of the machine's Python, such as ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def version(context: Context) -> str:  # noqa: ARG001 - what each verb is given
    """Return the version of the machine's own code."""
    return __version__


def acknowledge(context: Context) -> int:
    """Forget what scheduled highstates had to correct; return how many times they had to."""
    return drift.acknowledge(context.layout.root)


def platform_status(context: Context) -> dict[str, Any]:
    """Return the components, the last highstate, the apps and the disk."""
    last = highstate.last(context.layout.root)
    usage = shutil.disk_usage(context.layout.root)
    nginx = context.settings["nginx"]
    minutes = int(context.settings["highstate_minutes"])
    return {
        "root": str(context.layout.root),
        "run": str(context.layout.run),
        "http_port": nginx.get("public_port") or nginx["http_port"],
        "components": components(context),
        "highstate": last,
        "drift": drift.unseen(context.layout.root),
        "next_highstate": last["at"] + minutes * 60 if last else None,
        "apps": apps(context),
        "disk": {"free": usage.free, "total": usage.total},
    }


def components(context: Context) -> list[dict[str, Any]]:
    """Return name, state, pid, uptime (seconds) and memory (PSS, bytes) of each component."""
    found = init.states(context.layout)
    names = COMPONENTS + LOCAL_ONLY if context.layout.is_local else COMPONENTS
    return [_component(name, found.get(name, init.State("missing"))) for name in names]


def _component(name: str, state: init.State) -> dict[str, Any]:
    return {
        "name": name,
        "state": state.word,
        "pid": state.pid,
        "uptime": state.uptime,
        "memory": observe.memory(state.pid),
    }


def doctor(context: Context) -> dict[str, Any]:
    """Return checks of everything that can be wrong, each with what to type next."""
    return {"checks": checks(context.layout, context.settings)}
