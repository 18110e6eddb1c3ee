"""Collect releases nobody needs, after a deploy: `python -m flipside.machine.tidy ROOT`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from flipside.machine import generation as generations
from flipside.machine.collect import collect
from flipside.machine.files import try_locked
from flipside.machine.layout import Layout
from flipside.machine.services import Services
from flipside.machine.store import Store
from flipside.machine.units import Units


def main(argv: list[str]) -> None:
    """Do it at the lowest priority: whoever serves requests goes first."""
    os.nice(10)
    layout = Layout.from_root(Path(argv[0]))
    settings = json.loads((layout.etc / "settings.json").read_text())
    collect(Store(layout), int(settings["keep"]))
    if not layout.is_local:
        sweep(Units(layout))


def sweep(services: Services) -> None:
    """Forget the services of generations that were collected, where nothing is being deployed."""
    layout = services.layout
    for app, env in layout.environments():
        with try_locked(layout.lock(app, env)) as mine:
            if mine:
                known = {one.number for one in generations.others(layout, app, env, None)}
                services.sweep(app, env, known)


if __name__ == "__main__":
    main(sys.argv[1:])
