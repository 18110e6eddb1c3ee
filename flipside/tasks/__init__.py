"""The tasks: parse, call, report. What they do is done elsewhere."""

from __future__ import annotations

from invoke.collection import Collection

from flipside.parser import install
from flipside.tasks import app, backup, platform, secret

__all__ = ["namespace"]

install()

namespace = Collection(
    platform=platform.collection,
    app=app.collection,
    secret=secret.collection,
    backup=backup.collection,
)
