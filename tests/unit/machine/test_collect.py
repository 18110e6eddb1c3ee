"""Collection: what can be gone back to stays, the rest goes, and nobody is disturbed."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from flipside.machine import objects
from flipside.machine.collect import collect, collect_environment, collect_store
from flipside.machine.files import locked
from flipside.machine.layout import Layout
from flipside.machine.records import Records
from flipside.machine.release import install, installed, seal


def deploy(publisher: Any, *manifests: dict[str, Any], app: str = "blog") -> None:
    """Install and record releases one after the other, without starting anything."""
    layout, records = publisher.layout, Records(publisher.layout)
    for manifest in manifests:
        seal(install(layout, manifest, "production", find_uv_bin(), print))
        records.begin(app, "production", manifest["id"], "ann@laptop")
        records.finish(app, "production", success=True)


def generation(layout: Layout, number: int, release: str) -> Path:
    folder = layout.generation("blog", "production", number)
    folder.mkdir(parents=True)
    (folder / "release").symlink_to(f"../../releases/{release}")
    return folder


@pytest.fixture
def five(publisher: Any) -> list[dict[str, Any]]:
    """Five releases, deployed one after the other."""
    manifests = [publisher.publish(version=str(number)) for number in range(1, 6)]
    deploy(publisher, *manifests)
    return manifests


def ids(manifests: list[dict[str, Any]]) -> list[str]:
    return [manifest["id"] for manifest in manifests]


def test_the_last_releases_stay(publisher: Any, five: list[dict[str, Any]], layout: Layout) -> None:
    """On the machine, in the store and in the record; the rest is reported and gone."""
    done = collect(publisher.store, keep=2)
    assert done.releases == [f"blog.production/{release}" for release in ids(five[:3])]
    assert sorted(done.manifests) == [f"blog/{release}" for release in ids(five[:3])]
    assert done.bytes > 0
    assert set(installed(layout, "blog", "production")) == set(ids(five[3:]))
    assert Records(layout).load("blog", "production")["history"] == ids(five[3:])
    assert [one["version"] for one in publisher.store.releases("blog")] == ["5", "4"]
    assert collect(publisher.store, keep=2).as_dict() == {
        **{kind: [] for kind in ("releases", "generations", "manifests")},
        **dict.fromkeys(("objects", "wheels", "bytes"), 0),
    }


def test_going_back_keeps_what_lies_below(
    publisher: Any, five: list[dict[str, Any]], layout: Layout
) -> None:
    """After a rollback, what was gone back from is not part of the history any more."""
    records = Records(layout)
    records.begin("blog", "production", five[2]["id"], "ann@laptop", back=True)
    records.finish("blog", "production", success=True)
    collect(publisher.store, keep=2)
    assert set(installed(layout, "blog", "production")) == set(ids(five[1:]))


def test_the_pending_release_stays(
    publisher: Any, five: list[dict[str, Any]], layout: Layout
) -> None:
    """A killed deploy can be finished."""
    Records(layout).begin("blog", "production", five[0]["id"], "ann@laptop")
    collect(publisher.store, keep=1)
    assert set(installed(layout, "blog", "production")) == {five[0]["id"], five[4]["id"]}
    assert {one["version"] for one in publisher.store.releases("blog")} == {"1", "5"}


def test_what_serves_stays_whatever_the_record_says(
    publisher: Any, five: list[dict[str, Any]], layout: Layout
) -> None:
    """The generation that ``current`` names and its release; other generations go."""
    generation(layout, 1, five[0]["id"])
    generation(layout, 2, five[1]["id"])
    layout.current("blog", "production").symlink_to("generations/1")
    done = collect(publisher.store, keep=1)
    assert done.generations == ["blog.production/2"]
    assert set(installed(layout, "blog", "production")) == {five[0]["id"], five[4]["id"]}


def test_the_protected_stay(publisher: Any, five: list[dict[str, Any]], layout: Layout) -> None:
    """A generation that is still being drained, its release, and a release named itself."""
    draining = generation(layout, 1, five[0]["id"])
    named = layout.release("blog", "production", five[1]["id"])
    collect_environment(publisher.store, "blog", "production", keep=1, protect=[draining, named])
    assert draining.is_dir()
    assert set(installed(layout, "blog", "production")) == set(ids([five[0], five[1], five[4]]))


def test_an_environment_being_deployed_is_left_alone(
    publisher: Any, five: list[dict[str, Any]], layout: Layout
) -> None:
    """Collection neither waits for the lock nor ignores it."""
    with locked(layout.lock("blog", "production")):
        assert collect(publisher.store, keep=1).releases == []
    assert len(installed(layout, "blog", "production")) == len(five)


def test_an_app_says_how_many_it_keeps(publisher: Any, layout: Layout) -> None:
    """For all environments or for one; the platform's number is the default."""
    three = [publisher.publish(version=str(number), keep=2) for number in range(3)]
    own = {"keep": 9, "environments": {"production": {"keep": 1}}}
    other = [publisher.publish("shop", str(number), **own) for number in range(3)]
    deploy(publisher, *three)
    deploy(publisher, *other, app="shop")
    collect(publisher.store, keep=3)
    assert len(installed(layout, "blog", "production")) == 2
    assert len(installed(layout, "shop", "production")) == 1


def test_names_of_the_same_beginning_are_strangers(publisher: Any, layout: Layout) -> None:
    """Collecting ``app1`` touches neither ``app10`` nor ``app1-x``."""
    for app in ("app1", "app10", "app1-x"):
        deploy(publisher, *(publisher.publish(app, version) for version in "12"), app=app)
    collect_environment(publisher.store, "app1", "production", keep=1)
    counts = [len(installed(layout, app, "production")) for app in ("app1", "app10", "app1-x")]
    assert counts == [1, 2, 2]


def test_tagged_releases_stay_in_the_store(publisher: Any, layout: Layout) -> None:
    """Besides the last few published."""
    for number in range(4):
        publisher.publish(version=str(number), tags=["v0"] if number == 0 else [])
    done = collect_store(publisher.store, keep=2)
    assert len(done.manifests) == 1
    assert [one["version"] for one in publisher.store.releases("blog")] == ["3", "2", "0"]


def test_unreferenced_files_go_after_an_hour(
    publisher: Any, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Objects, unpacked wheels and uploads that nobody came back for; younger ones stay."""
    old = publisher.wheel("old", "1", {"old.py": ""})
    kept = publisher.wheel("kept", "1", {"kept.py": ""})
    deploy(publisher, publisher.publish(version="1", wheels=[old, kept]))
    deploy(publisher, publisher.publish(version="2", wheels=[kept]))
    upload = publisher.store.objects.incoming()
    upload.write_bytes(b"abandoned")
    young = collect(publisher.store, keep=1)
    assert (young.manifests != [], young.objects, young.wheels) == (True, 0, 1)
    monkeypatch.setattr(objects, "GRACE", -1)
    done = collect(publisher.store, keep=1)
    assert done.objects == 2
    assert done.bytes == old.stat().st_size + len(b"abandoned")
    (left,) = layout.objects.glob("*/*")
    assert left.name == kept.name


def test_a_release_goes_on_when_its_unpacked_wheel_is_gone(publisher: Any, layout: Layout) -> None:
    """It holds its own links; installing it elsewhere unpacks again."""
    wheel = publisher.wheel("dep", "1", {"dep.py": "x = 1"})
    manifest = publisher.publish(wheels=[wheel])
    deploy(publisher, manifest)
    for entry in layout.unpacked.glob("*/*"):
        entry.rename(layout.root / "gone")
    told: list[str] = []
    install(layout, manifest, "staging", find_uv_bin(), told.append)
    assert len(told) == 1
    (code,) = layout.release("blog", "production", manifest["id"]).glob("venv/lib/*/*/dep.py")
    assert code.read_text() == "x = 1"


def test_publishing_while_collecting_loses_nothing(publisher: Any, layout: Layout) -> None:
    """Whatever is published last is whole, however often the rest is collected."""
    done = threading.Event()

    def collect_all_the_time() -> int:
        rounds = 0
        while not done.is_set():
            collect_store(publisher.store, keep=1)
            rounds += 1
        return rounds

    with ThreadPoolExecutor() as pool:
        collector = pool.submit(collect_all_the_time)
        try:
            for number in range(30):
                wheel = publisher.wheel("dep", "1", {"dep.py": f"x = {number}"})
                kept = publisher.publish(version=str(number), wheels=[wheel], tags=["latest"])
                assert publisher.store.resolve("blog", "latest") == kept
                (one,) = kept["wheels"]
                assert publisher.store.objects.path(one["sha256"], one["name"]).exists()
        finally:
            done.set()
    assert collector.result() > 0
    assert publisher.store.releases("blog")[0]["version"] == "29"


def test_the_last_generation_of_each_release_that_is_kept_stays(
    publisher: Any, five: list[dict[str, Any]], layout: Layout
) -> None:
    """A rollback starts it; earlier ones of the same release, and those that never served, go."""
    for number, release in enumerate([five[3], five[3], five[4], five[0], five[4]], 1):
        generation(layout, number, release["id"])
        (layout.generation("blog", "production", number) / "spec.json").write_text(
            json.dumps({"release": release["id"]})
        )
    for number in (1, 2, 3, 4):
        (layout.generation("blog", "production", number) / "served").touch()
    layout.current("blog", "production").symlink_to("generations/3")
    done = collect(publisher.store, keep=2)
    left = {path.name for path in layout.generations("blog", "production").glob("[0-9]*")}
    assert left == {"2", "3"}
    assert "blog.production/5" in done.generations
