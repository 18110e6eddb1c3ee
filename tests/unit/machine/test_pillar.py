"""The pillar that the records make."""

from __future__ import annotations

import json
from typing import Any

from flipside.machine.pillar import compiled
from flipside.machine.records import Records


def test_pillar_is_settings_and_records_with_their_manifests(publisher: Any) -> None:
    layout = publisher.layout
    layout.etc.mkdir(parents=True)
    paths = {"root": str(layout.root), "run": str(layout.run)}
    (layout.etc / "layout.json").write_text(json.dumps(paths))
    (layout.etc / "settings.json").write_text('{"keep": 5}')
    assert compiled(str(layout.root)) == {"flipside": {"keep": 5}, "apps": {}}
    one, two = publisher.publish(version="1"), publisher.publish(version="2")
    records = Records(layout)
    records.begin("blog", "production", one["id"], "ann")
    records.finish("blog", "production", success=True)
    records.begin("blog", "production", two["id"], "ann")
    records.set_config("blog", "staging", {"A": "b"})
    found = compiled(str(layout.root))["apps"]["blog"]
    assert found["production"]["manifest"]["id"] == one["id"]
    assert found["production"]["pending_manifest"]["id"] == two["id"]
    assert found["staging"]["manifest"] is None
    assert found["staging"]["config"] == {"A": "b"}
