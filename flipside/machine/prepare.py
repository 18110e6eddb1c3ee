"""Unpack a release's wheels before anybody asks: `python -m flipside.machine.prepare ROOT APP ID`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flipside.machine import release
from flipside.machine.layout import Layout
from flipside.machine.narrate import unheard
from flipside.machine.store import Store


def main(argv: list[str]) -> None:
    """Do it at the lowest priority: whoever serves requests goes first."""
    root, app, release_id = argv
    os.nice(10)
    layout = Layout.from_root(Path(root))
    manifest = Store(layout).resolve(app, release_id)
    release.prepare(layout, manifest, f"{root}/venv/bin/uv", unheard)


if __name__ == "__main__":
    main(sys.argv[1:])
