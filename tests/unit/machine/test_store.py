"""The release store: uploads are checked, releases appear whole, tags move."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flipside.apps.manifest import release_id as built_id
from flipside.errors import FlipsideError, NotFoundError
from flipside.machine import objects
from flipside.machine.layout import Layout, check_release_id
from flipside.machine.manifests import release_id
from flipside.machine.store import Store, check_tag


def upload(store: Store, content: bytes, name: str = "a-1-py3-none-any.whl") -> str:
    incoming = store.objects.incoming()
    incoming.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    store.adopt(incoming, sha256, name)
    return sha256


def test_only_what_is_missing_need_be_uploaded(layout: Layout) -> None:
    """The master names each missing file once, in order."""
    store = Store(layout)
    here, other = upload(store, b"here"), "f" * 64
    assert store.missing([other, here, other]) == [other]
    assert store.objects.path(here, "a-1-py3-none-any.whl").read_bytes() == b"here"


def test_a_tag_never_stands_before_a_release(layout: Layout) -> None:
    with pytest.raises(FlipsideError, match="form of a release id"):
        check_tag("0.1.0-a396148e")
    assert check_tag("v0.1.0-rc1") == "v0.1.0-rc1"


def test_an_upload_cut_short_is_refused_and_removed(layout: Layout) -> None:
    """What arrived corrupt is neither kept nor left lying about."""
    store, sha256 = Store(layout), hashlib.sha256(b"whole").hexdigest()
    incoming = store.objects.incoming()
    incoming.write_bytes(b"who")
    with pytest.raises(FlipsideError, match="did not arrive whole"):
        store.adopt(incoming, sha256, "a.whl")
    assert not incoming.exists()
    assert store.missing([sha256]) == [sha256]


@pytest.mark.parametrize(
    ("sha256", "name"),
    [("../x", "a"), ("a" * 64, "../a"), ("a" * 64, "a/b"), ("A" * 64, "a"), ("a" * 64, ".a")],
)
def test_an_upload_cannot_name_another_place(layout: Layout, sha256: str, name: str) -> None:
    """Neither the hash nor the file name may lead anywhere."""
    store = Store(layout)
    incoming = store.objects.incoming()
    incoming.write_bytes(b"")
    with pytest.raises(FlipsideError, match=r"no .* that the store can hold"):
        store.adopt(incoming, sha256, name)


def test_a_file_from_elsewhere_is_no_upload(layout: Layout, tmp_path: Path) -> None:
    """Adopting moves a file, so it takes none but uploads."""
    (tmp_path / "mine").write_bytes(b"mine")
    with pytest.raises(FlipsideError, match="must lie in the store"):
        Store(layout).adopt(tmp_path / "mine", hashlib.sha256(b"mine").hexdigest(), "mine")
    assert (tmp_path / "mine").exists()


def test_publishing_keeps_the_manifest_and_tags_it(publisher: Any) -> None:
    """A release is found by tag, id, version and hash."""
    wheel = publisher.wheel("dep", "1", {"dep.py": ""})
    kept = publisher.publish(version="1.0", wheels=[wheel], tags=["latest", "v1"])
    store = publisher.store
    assert kept["published"]["by"] == "ann@laptop"
    assert store.tags("blog") == {"latest": kept["id"], "v1": kept["id"]}
    for ref in ("latest", kept["id"], "1.0", kept["id"][-8:]):
        assert store.resolve("blog", ref) == kept


def test_publishing_twice_is_one_release(publisher: Any) -> None:
    """The same content is the same release, published when it first was; its tags still move."""
    first = publisher.publish(tags=["latest"])
    assert publisher.publish(tags=["again"]) == first
    assert publisher.store.tags("blog") == {"again": first["id"], "latest": first["id"]}
    assert len(publisher.store.releases("blog")) == 1


def test_a_release_lacking_a_file_is_not_published(publisher: Any) -> None:
    """Neither manifest nor tag appears."""
    manifest = publisher.manifest()
    manifest["wheels"] = [{"name": "gone-1-py3-none-any.whl", "sha256": "a" * 64}]
    manifest["id"] = release_id(manifest)
    with pytest.raises(NotFoundError, match="the store lacks gone-1"):
        publisher.store.publish(manifest, ["latest"], "ann@laptop")
    assert publisher.store.releases("blog") == []
    assert publisher.store.tags("blog") == {}


def test_an_id_stands_for_its_content(publisher: Any) -> None:
    """A manifest altered on its way is refused."""
    manifest = {**publisher.manifest(), "python": "3.99"}
    with pytest.raises(FlipsideError, match="not the id of this release's content"):
        publisher.store.publish(manifest, [], "ann@laptop")


def test_one_content_may_have_two_names(publisher: Any) -> None:
    """A file uploaded as one name is there for a release that calls it another."""
    store, sha256 = publisher.store, upload(publisher.store, b"same", "one.whl")
    assert store.objects.require(sha256, "two.whl").read_bytes() == b"same"


def test_the_id_does_not_depend_on_the_order_of_keys_or_who_published() -> None:
    """It follows from the content alone, and is fit for a path."""
    one = {"version": "1!2+é", "app": "é", "wheels": [], "published": {"by": "ann"}}
    two = {"wheels": [], "app": "é", "version": "1!2+é", "id": "x"}
    text = r'{"app":"\u00e9","version":"1!2+\u00e9","wheels":[]}'
    expected = f"1.2-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    assert release_id(one) == release_id(two) == check_release_id(expected)


def test_who_builds_and_who_keeps_agree_on_the_id() -> None:
    """A release is named where it is built and checked where it is kept."""
    content = {"version": "1.2+x", "app": "é", "config": {"b": [1.5, None], "a": "ü"}, "id": "x"}
    assert release_id(content) == built_id(content)


@pytest.mark.parametrize("tag", ["", ".x", "-x", "a/b", "a b", "x" * 64, "é"])
def test_a_bad_tag_name_publishes_nothing(publisher: Any, tag: str) -> None:
    """It is refused before anything is kept."""
    with pytest.raises(FlipsideError, match="no name for a tag"):
        publisher.publish(tags=[tag])
    assert publisher.store.releases("blog") == []


def test_a_tag_wins_over_a_version(publisher: Any) -> None:
    """A tag named as another release's version is what was asked for."""
    old = publisher.publish(version="1.0")
    new = publisher.publish(version="2.0", tags=["1.0"])
    assert publisher.store.resolve("blog", "1.0") == new
    assert publisher.store.resolve("blog", old["id"]) == old


def test_part_of_a_version_is_no_version(publisher: Any) -> None:
    """0.1 never stands for 0.10."""
    publisher.publish(version="0.10")
    with pytest.raises(NotFoundError):
        publisher.store.resolve("blog", "0.1")


def test_a_version_of_several_releases_is_not_guessed(publisher: Any) -> None:
    """It lists them."""
    one = publisher.publish(version="1", env={"A": "1"})
    two = publisher.publish(version="1", env={"A": "2"})
    with pytest.raises(NotFoundError, match="several releases '1'") as caught:
        publisher.store.resolve("blog", "1")
    assert one["id"] in caught.value.what
    assert two["id"] in caught.value.what


def test_an_unknown_name_is_answered_with_the_known_ones(publisher: Any) -> None:
    """Tags, the newest releases with their age, and the name probably meant."""
    kept = publisher.publish(tags=["latest"])
    with pytest.raises(NotFoundError) as caught:
        publisher.store.resolve("blog", "lates")
    assert "did you mean 'latest'?" in caught.value.what
    assert f"tag latest -> {kept['id']}" in caught.value.what
    assert f"{kept['id']}  published just now" in caught.value.what
    assert caught.value.next == "flipside app.releases"


def test_an_app_never_published_says_so(layout: Layout) -> None:
    """And what to type."""
    with pytest.raises(NotFoundError, match="nothing has been published of blog") as caught:
        Store(layout).resolve("blog", "latest")
    assert caught.value.next == "flipside app.publish"


def test_tags_are_set_and_removed(publisher: Any) -> None:
    """Only on releases that exist, and only tags that exist."""
    store, kept = publisher.store, publisher.publish()
    store.tag("blog", "v1", kept["id"])
    assert store.tags("blog") == {"v1": kept["id"]}
    store.untag("blog", "v1")
    assert store.tags("blog") == {}
    with pytest.raises(NotFoundError):
        store.untag("blog", "v1")
    with pytest.raises(NotFoundError):
        store.tag("blog", "v1", "9-0a1b2c3d")


def test_releases_are_listed_newest_first(publisher: Any) -> None:
    """With who, when and the tags."""
    publisher.publish(version="1")
    newest = publisher.publish(version="2", tags=["b", "a"])
    found = publisher.store.releases("blog")
    assert [one["version"] for one in found] == ["2", "1"]
    assert found[0] == {
        "id": newest["id"],
        "version": "2",
        "at": newest["published"]["at"],
        "by": "ann@laptop",
        "tags": ["a", "b"],
    }


def test_apps_with_prefixes_of_one_name_are_strangers(publisher: Any) -> None:
    """Releases and tags of ``app10`` and ``app1-x`` are none of ``app1``."""
    for app in ("app1", "app10", "app1-x"):
        publisher.publish(app, app, tags=["latest"])
    assert [one["version"] for one in publisher.store.releases("app1")] == ["app1"]
    publisher.store.untag("app1", "latest")
    assert set(publisher.store.tags("app10")) == set(publisher.store.tags("app1-x")) == {"latest"}


def test_publishers_at_once_lose_nothing_and_readers_see_it_whole(publisher: Any) -> None:
    """Every tag of twenty publishers arrives; who reads meanwhile never meets half a file."""
    store, done = publisher.store, threading.Event()
    manifests = [publisher.manifest(version=str(number)) for number in range(20)]

    def publish(manifest: dict[str, Any]) -> None:
        store.publish(manifest, [f"v{manifest['version']}", "latest"], "ann@laptop")

    def read() -> int:
        count = 0
        while not done.is_set():
            count += len([store.resolve("blog", tag) for tag in store.tags("blog")])
        return count

    with ThreadPoolExecutor() as pool:
        reader = pool.submit(read)
        list(pool.map(publish, manifests))
        done.set()
    assert reader.result() > 0
    assert set(store.tags("blog")) == {"latest", *(f"v{number}" for number in range(20))}


def test_asking_for_what_is_missing_keeps_what_is_there(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A collection between the question and the publishing must not delete the file."""
    store = Store(layout)
    sha256 = upload(store, b"old")
    now = (layout.objects / sha256).stat().st_ctime + objects.GRACE + 0.05
    time.sleep(0.1)
    clock = SimpleNamespace(time=lambda: now)
    monkeypatch.setattr(objects, "time", clock)
    assert store.missing([sha256]) == []
    assert store.objects.collect(referenced=()) == (0, 0)
    now += 3600
    assert store.objects.collect(referenced=[sha256]) == (0, 0)
    assert store.objects.collect(referenced=()) == (1, 3)
    assert store.missing([sha256]) == [sha256]
