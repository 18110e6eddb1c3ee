"""Compile the pillar that the platform's records make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flipside.machine.files import read_json
from flipside.machine.layout import Layout
from flipside.machine.records import Record, Records


def compiled(root: str) -> dict[str, Any]:
    """Return pillar's ``flipside`` and ``apps`` as the master's records say.

    Args:
        root: The platform's root.

    Returns:
        ``{"flipside": settings, "apps": {app: {environment: record}}}``; a record carries the
        manifests of its release and of the one that is being deployed.
    """
    layout = Layout.from_root(Path(root))
    settings = json.loads((layout.etc / "settings.json").read_text())
    apps: dict[str, Any] = {}
    for record in Records(layout).all():
        apps.setdefault(record["app"], {})[record["env"]] = _with_manifests(layout, record)
    return {"flipside": settings, "apps": apps}


def _with_manifests(layout: Layout, record: Record) -> dict[str, Any]:
    pending = record["pending"]
    return {
        **record,
        "manifest": _manifest(layout, record["app"], record["release"]),
        "pending_manifest": _manifest(layout, record["app"], pending and pending["release"]),
    }


def _manifest(layout: Layout, app: str, release: str | None) -> Any:
    return read_json(layout.manifest(app, release), None) if release else None
