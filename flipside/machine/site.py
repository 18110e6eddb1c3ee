"""What nginx's template needs to know of one environment."""

from __future__ import annotations

import re
from typing import Any

from flipside.machine.wanted import Wanted

_BEGINNINGS = ("tree", "data", "site-packages")


def site(want: Wanted, *, stopped: bool) -> dict[str, Any]:
    """Return the context of ``nginx/files/site.conf``.

    Static files are looked for in the release that serves, then in the one before, whose pages
    may still be open in browsers: so nginx need not be reloaded when releases switch.
    """
    layout, app, env = want.layout, want.app, want.env
    options = want.config.get("nginx") or {}
    return {
        "unit": layout.unit(app, env),
        "root": str(layout.app_dir(app, env)),
        "socket": str(layout.current_socket(app, env)),
        "domains": want.domains,
        "stopped": stopped,
        "client_max_body_size": options.get("client_max_body_size") or "100m",
        "directives": [line.strip().rstrip(";") for line in options.get("directives") or []],
        "static": [_static(want, entry) for entry in _longest_first(want)],
    }


def _longest_first(want: Wanted) -> list[dict[str, Any]]:
    entries = want.config.get("static") or []
    return sorted(entries, key=lambda entry: -len(entry["url"]))


def _static(want: Wanted, entry: dict[str, Any]) -> dict[str, Any]:
    where, path = _split(entry["path"])
    return {
        "pattern": "^" + re.escape(entry["url"]).replace('"', ""),
        "folders": [f"{folder}/{path.strip('/')}" for folder in _folders(want, where)],
        "cache": entry.get("cache"),
    }


def _split(path: str) -> tuple[str, str]:
    """Return where a path begins and the rest of it; without a word it is in the tree."""
    where, colon, rest = path.partition(":")
    return (where, rest) if colon and where in _BEGINNINGS else ("tree", path)


def _folders(want: Wanted, where: str) -> list[str]:
    if where == "data":
        return ["/data"]
    inside = {
        "tree": "tree",
        "site-packages": f"venv/lib/python{want.manifest['python']}/site-packages",
    }[where]
    return [f"/current/release/{inside}", f"/previous/{inside}"]
