"""What a deploy will need is unpacked after publishing."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from flipside.machine import prepare, release


def test_it_prepares_the_release_at_low_priority(
    publisher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout, done = publisher.layout, []
    layout.etc.mkdir(parents=True)
    paths = {"root": str(layout.root), "run": str(layout.run)}
    (layout.etc / "layout.json").write_text(json.dumps(paths))
    made = publisher.publish(version="1")
    monkeypatch.setattr(os, "nice", done.append)
    monkeypatch.setattr(release, "prepare", lambda *args: done.append(args[1:3]))
    prepare.main([str(layout.root), "blog", made["id"]])
    assert done[0] == 10
    manifest, uv = done[1]
    assert (manifest["id"], uv) == (made["id"], f"{layout.root}/venv/bin/uv")
