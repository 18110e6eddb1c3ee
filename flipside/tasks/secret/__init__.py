"""The tasks about secrets, which lie encrypted in the platform's folder."""

from __future__ import annotations

from invoke.collection import Collection

from flipside.tasks.secret import keys, values

collection = Collection(
    "secret",
    values.set,
    values.unset,
    values.list,
    values.edit,
    values.check,
    keys.recipients,
    keys.rotate_key,
)
