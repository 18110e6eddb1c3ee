"""A release's manifest: what it consists of, by content."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flipside.apps.kinds import Code
from flipside.apps.tree import NAME
from flipside.config import AppConfig


def manifest(config: AppConfig, python: str, code: Code, files: dict[Path, str]) -> dict[str, Any]:
    """Return a release's manifest, all but `published`.

    Args:
        config: The app's config.
        python: The release's minor version of Python.
        code: The app's own code.
        files: Every wheel of the release, the app's included, with its SHA-256 (hex).
    """
    wheels = [{"name": path.name, "sha256": digest} for path, digest in files.items()]
    content: dict[str, Any] = {
        "app": config.name,
        "version": code.version,
        "kind": config.build.kind,
        "python": python,
        "wheels": sorted(wheels, key=lambda wheel: wheel["name"]),
        "app_wheel": code.wheel[0].name if code.wheel else None,
        "tree": {"name": NAME, "sha256": code.tree.sha256} if code.tree else None,
        "config": _public(config),
    }
    return {**content, "id": release_id(content)}


def release_id(manifest: dict[str, Any]) -> str:
    """Return a release's id: its version, safe in paths and URLs, and 8 hex digits of its content.

    Args:
        manifest: With or without `id` and `published`, which do not count.
    """
    content = {k: v for k, v in manifest.items() if k not in ("id", "published")}
    digest = hashlib.sha256(
        json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    version = re.sub(r"[^A-Za-z0-9.]+", ".", manifest["version"]).strip(".") or "0"
    return f"{version}-{digest[:8]}"


def _public(config: AppConfig) -> dict[str, Any]:
    """Return the config as JSON, without the password that an index's URL may carry."""
    dumped = config.model_dump(mode="json")
    url = urlsplit(config.build.index or "")
    if "@" in url.netloc:
        dumped["build"]["index"] = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
    return dumped
