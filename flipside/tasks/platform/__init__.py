"""The tasks about a platform as a whole."""

from __future__ import annotations

from invoke.collection import Collection

from flipside.tasks.platform import life, look, states

collection = Collection(
    "platform",
    life.bootstrap,
    life.upgrade,
    look.status,
    states.plan,
    states.apply,
    look.logs,
    look.doctor,
    look.ssh,
    life.halt,
    life.destroy,
)
