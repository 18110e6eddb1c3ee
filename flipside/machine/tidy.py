"""Collect releases nobody needs, after a deploy: `python -m flipside.machine.tidy ROOT`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from flipside.machine.collect import collect
from flipside.machine.layout import Layout
from flipside.machine.store import Store


def main(argv: list[str]) -> None:
    """Do it at the lowest priority: whoever serves requests goes first."""
    os.nice(10)
    layout = Layout.from_root(Path(argv[0]))
    settings = json.loads((layout.etc / "settings.json").read_text())
    collect(Store(layout), int(settings["keep"]))


if __name__ == "__main__":
    main(sys.argv[1:])
