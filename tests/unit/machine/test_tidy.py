"""What runs in the background after a deploy, and after a publish."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from flipside.machine import tidy


def test_it_collects_what_nobody_needs(publisher: Any) -> None:
    layout = publisher.layout
    layout.etc.mkdir(parents=True)
    paths = {"root": str(layout.root), "run": str(layout.run)}
    (layout.etc / "layout.json").write_text(json.dumps(paths))
    (layout.etc / "settings.json").write_text('{"keep": 1}')
    ids = [publisher.publish(version=str(number))["id"] for number in range(3)]
    argv = [sys.executable, "-m", tidy.__name__, str(layout.root)]
    subprocess.run(argv, check=True)
    left = [manifest["id"] for manifest in publisher.store.manifests.all("blog")]
    assert left == [ids[-1]]
    assert os.nice(0) == 0
