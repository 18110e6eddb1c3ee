"""Release manifests: what a release consists of, and the id that follows from it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

from flipside.errors import FlipsideError
from flipside.machine.files import read_json, write_json
from flipside.machine.layout import Layout

Manifest = dict[str, Any]
"""A manifest as the store keeps it: JSON."""

_NOT_CONTENT = ("id", "published")


def content(manifest: Manifest) -> Manifest:
    """Return the fields that the release's id stands for."""
    return {key: value for key, value in manifest.items() if key not in _NOT_CONTENT}


def release_id(manifest: Manifest) -> str:
    """Return a release's id: its version, safe in paths and URLs, and 8 hex digits of its content.

    The digits begin the SHA-256 of the content as ASCII JSON with sorted keys and no spaces.
    """
    text = json.dumps(content(manifest), sort_keys=True, separators=(",", ":"))
    version = re.sub(r"[^A-Za-z0-9.]+", ".", manifest["version"]).strip(".") or "0"
    return f"{version}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def objects(manifest: Manifest) -> list[tuple[str, str]]:
    """Return SHA-256 and name of each file of a release."""
    found = [(wheel["sha256"], wheel["name"]) for wheel in manifest["wheels"]]
    if tree := manifest.get("tree"):
        found.append((tree["sha256"], tree["name"]))
    return found


class Manifests:
    """The manifests in a release store.

    Args:
        layout: Where they lie.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def get(self, app: str, release: str) -> Manifest | None:
        """Return a release's manifest, or None."""
        found: Manifest | None = read_json(self.layout.manifest(app, release))
        return found

    def add(self, manifest: Manifest) -> Manifest:
        """Keep a manifest, unless the store has it; return the one it has.

        Raises:
            FlipsideError: If its id is not its content's.
        """
        app, release = manifest["app"], manifest["id"]
        if release != release_id(manifest):
            raise FlipsideError(
                f"{release} is not the id of this release's content", next="flipside app.publish"
            )
        known = self.get(app, release)
        if known is None:
            write_json(self.layout.manifest(app, release), manifest, 0o640)
            return manifest
        if content(known) != content(manifest):
            raise FlipsideError(
                f"another release goes by the id {release}",
                next="change the version in .flipside-app or pyproject.toml, then publish again",
            )
        return known

    def all(self, app: str) -> list[Manifest]:
        """Return an app's manifests, the last published first."""
        folder = self.layout.manifests(app)
        paths = folder.glob("[!.]*.json") if folder.is_dir() else ()
        # One that is collected meanwhile reads as None.
        found = [manifest for path in paths if (manifest := read_json(path))]
        return sorted(found, key=lambda manifest: str(manifest["published"]["at"]), reverse=True)

    def apps(self) -> Iterator[str]:
        """Yield the name of each app that has published."""
        folder = self.layout.store / "manifests"
        yield from sorted(path.name for path in folder.iterdir()) if folder.is_dir() else ()

    def remove(self, app: str, release: str) -> None:
        """Forget a release; its objects stay until they are collected."""
        self.layout.manifest(app, release).unlink(missing_ok=True)
