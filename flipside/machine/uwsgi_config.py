"""uwsgi's configuration for one generation.

Options: https://uwsgi-docs.readthedocs.io/en/latest/Options.html
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flipside.machine.wanted import Wanted

# Connections that may wait; uwsgi refuses to start when the kernel would cap it (listen(2)).
BACKLOG = 1024
# Seconds that a request in flight may take when its generation is told to end.
MERCY = 60


def ini(wanted: Wanted, generation: int) -> str:
    """Return the text of ``uwsgi.ini``."""
    lines = [f"{name} = {_value(value)}" for name, value in _options(wanted, generation)]
    return "\n".join(["[uwsgi]", *lines, ""])


def _options(wanted: Wanted, generation: int) -> list[tuple[str, Any]]:
    own = dict(wanted.config.get("uwsgi") or {})
    defaults: dict[str, Any] = {
        "processes": 1,
        "threads": 2,
        "lazy-apps": True,
        "buffer-size": 32768,
        "enable-threads": True,
        "need-app": True,
    }
    merged = [*_owned(wanted, generation).items(), *(defaults | own).items()]
    return [
        (name, item)
        for name, value in merged
        if value is not None
        for item in (value if isinstance(value, list) else [value])
    ]


def _owned(wanted: Wanted, generation: int) -> dict[str, Any]:
    layout, app, env = wanted.layout, wanted.app, wanted.env
    return {
        "binary-path": str(wanted.release_dir / "venv/bin/python"),
        "socket": str(layout.socket(app, env, generation)),
        **(_under_supervisord(wanted) if layout.is_local else _under_systemd(wanted)),
        "master": True,
        "virtualenv": str(wanted.release_dir / "venv"),
        "chdir": str(wanted.cwd),
        "module": wanted.config["wsgi"]["callable"],
        # SIGHUP ends it: workers finish what they have in hand, and nothing is executed anew.
        "exit-on-reload": True,
        "die-on-term": True,
        "worker-reload-mercy": MERCY,
        # nginx logs requests.
        "disable-logging": True,
        "auto-procname": True,
        "procname-prefix": f"{layout.unit(app, env)} ",
    }


def _under_supervisord(wanted: Wanted) -> dict[str, Any]:
    """Uwsgi makes its socket itself, and what the app prints goes to rsyslog under its name."""
    unit = wanted.layout.unit(wanted.app, wanted.env)
    return {
        "chmod-socket": "660",
        "listen": _backlog(),
        "vacuum": True,
        "logger": f"rsyslog:{wanted.layout.run}/log.sock,{unit}",
    }


def _under_systemd(wanted: Wanted) -> dict[str, Any]:
    """Nobody called for a while: it ends, and its socket, which is systemd's, starts it again."""
    minutes = wanted.resources["idle_minutes"]
    return {"idle": max(1, round(minutes * 60)), "die-on-idle": True} if minutes else {}


def _backlog() -> int:
    try:
        return min(BACKLOG, int(Path("/proc/sys/net/core/somaxconn").read_text()))
    except (OSError, ValueError):
        return 100


def _value(value: Any) -> str:
    """Return a value as uwsgi reads it; a `%` would begin one of its magic variables."""
    return str(value).lower() if isinstance(value, bool) else str(value).replace("%", "%%")
