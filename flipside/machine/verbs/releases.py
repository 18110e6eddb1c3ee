"""Verbs about the release store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flipside.machine.verbs.context import Context, in_background


def missing(context: Context, shas: list[str]) -> list[str]:
    """Return those hashes whose objects the store lacks."""
    return context.store.missing(shas)


def adopt(context: Context, files: list[dict[str, str]]) -> None:
    """Take uploaded files into the store: each has ``path``, ``sha256`` and ``name``."""
    for file in files:
        context.store.adopt(Path(file["path"]), file["sha256"], file["name"])


def publish(context: Context, manifest: Any, tags: list[str], by: str) -> Any:
    """Put a release into the store, move tags to it, and begin to unpack its wheels."""
    published = context.store.publish(manifest, tags, by)
    release = published["id"]
    context.audit.write(
        "publish", by=by, result="ok", app=published["app"], release=release, detail=", ".join(tags)
    )
    # What a deploy will need is done meanwhile, out of everybody's way.
    in_background(context, "flipside.machine.prepare", published["app"], release)
    return published


def releases(context: Context, app: str) -> dict[str, Any]:
    """Return an app's releases, newest first, with tags, and where each is live."""
    live = {
        record["env"]: record["release"]
        for record in context.records.all()
        if record["app"] == app and record["release"]
    }
    found = context.store.releases(app)
    for release in found:
        release["live"] = [env for env, live_id in live.items() if live_id == release["id"]]
    return {"app": app, "tags": context.store.tags(app), "live": live, "releases": found}


def audit(
    context: Context, app: str | None = None, env: str | None = None, limit: int = 20
) -> list[dict[str, Any]]:
    """Return who did what when, newest first."""
    return context.audit.read(app, env, limit)
