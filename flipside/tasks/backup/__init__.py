"""The tasks about backups."""

from __future__ import annotations

from invoke.collection import Collection

from flipside.tasks.backup import look, take

collection = Collection(
    "backup",
    look.status,
    take.now,
    look.list,
    take.restore,
    look.verify,
    take.drill,
    take.export,
)
