"""What a switch that changes databases would have to undo, written down before it does anything.

The commit point is the rename of ``current``: a journal whose generation is current is done.
"""

from __future__ import annotations

from pathlib import Path
from typing import NotRequired, TypedDict

from flipside.machine.files import read_json, write_json
from flipside.machine.layout import Layout


class Entry(TypedDict):
    """A switch under way: generations by number (None: there was none), and the snapshot.

    ``epochs`` is what `epochs` holds once the switch is committed.
    """

    previous: int | None
    generation: int
    snapshot: str
    epochs: NotRequired[dict[str, list[str]]]


def path(layout: Layout, app: str, env: str) -> Path:
    """Return where the journal of an environment lies."""
    return layout.app_dir(app, env) / "switching.json"


def read(layout: Layout, app: str, env: str) -> Entry | None:
    """Return the journal of a switch that was cut short, or None."""
    entry: Entry | None = read_json(path(layout, app, env), None)
    return entry


def write(layout: Layout, app: str, env: str, entry: Entry) -> None:
    """Write the journal durably."""
    write_json(path(layout, app, env), entry, 0o600)


def clear(layout: Layout, app: str, env: str) -> None:
    """Remove the journal: the switch is done or undone."""
    path(layout, app, env).unlink(missing_ok=True)
