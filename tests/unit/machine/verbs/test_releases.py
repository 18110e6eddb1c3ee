"""The release store, asked from a laptop."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from flipside.machine.verbs import releases as verbs
from flipside.machine.verbs.deploys import deploy


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is begun in the background; nothing is."""
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(verbs, "in_background", lambda _, *words: calls.append(words))
    return calls


def test_only_what_is_missing_is_uploaded(platform: Any) -> None:
    sha256 = hashlib.sha256(b"wheel").hexdigest()
    assert verbs.missing(platform.context, [sha256]) == [sha256]
    path = platform.context.store.objects.incoming()
    path.write_bytes(b"wheel")
    name = "app-1-py3-none-any.whl"
    verbs.adopt(platform.context, [{"path": str(path), "sha256": sha256, "name": name}])
    assert verbs.missing(platform.context, [sha256]) == []


def test_publish_tags_notes_and_prepares(platform: Any, begun: list[tuple[str, ...]]) -> None:
    manifest = platform.publisher.manifest(version="1", **platform.stage.manifest("1")["config"])
    published = verbs.publish(platform.context, manifest, ["latest"], "ann")
    assert platform.context.store.tags("blog") == {"latest": published["id"]}
    assert verbs.audit(platform.context, "blog")[0]["action"] == "publish"
    assert begun == [("flipside.machine.prepare", "blog", published["id"])]


def test_releases_say_where_they_are_live(platform: Any) -> None:
    one, two = platform.publish("1"), platform.publish("2", tag="next")
    deploy(platform.context, "blog", "production", one, "ann")
    found = verbs.releases(platform.context, "blog")
    assert found["live"] == {"production": one}
    assert {each["id"]: each["live"] for each in found["releases"]} == {
        one: ["production"],
        two: [],
    }
