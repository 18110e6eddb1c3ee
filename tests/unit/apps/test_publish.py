"""Publishing: what is uploaded, what is tagged, what is said."""

from __future__ import annotations

import io
import json
from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest

from flipside.apps.build import Built
from flipside.apps.publish import publish
from flipside.console import Console
from flipside.errors import BuildError, FlipsideError

APP = SimpleNamespace(config=SimpleNamespace(build=SimpleNamespace(python=None)))


class Store:
    """A machine whose store has some files; remembers what was called with what."""

    root = PurePosixPath("/srv/flipside")

    def __init__(self, *has: str) -> None:
        self.has, self.put_to, self.calls = has, {}, {}

    def run(self, argv, *, stdin=b"", on_line=None) -> str:
        if "flipside.machine" in argv:
            arguments = json.loads(stdin)
            self.calls[argv[-1]] = arguments
            on_line(json.dumps({"result": self._answer(argv[-1], arguments)}))
        return ""

    def _answer(self, verb, arguments):
        if verb == "missing":
            return [sha for sha in arguments["shas"] if sha not in self.has]
        return {"python": "3.11", "publish": arguments.get("manifest"), "adopt": None}[verb]

    def put(self, source, target) -> None:
        self.put_to[target] = source.read_text()


@pytest.fixture
def built(tmp_path):
    for name in ("a.whl", "b.whl"):
        (tmp_path / name).write_text(name)
    return Built({"id": "1.0-abc"}, {"aa": tmp_path / "a.whl", "bb": tmp_path / "b.whl"})


def published(machine, built, *tags):
    out = io.StringIO()
    made = publish(APP, machine, Console(out=out), tags, maker=lambda *_, **__: built)
    return made, out.getvalue()


def test_only_what_the_store_lacks_is_uploaded(built) -> None:
    machine = Store("aa")
    done, said = published(machine, built)
    assert list(machine.put_to.values()) == ["b.whl"]
    target = next(iter(machine.put_to))
    assert target.parent == PurePosixPath("/srv/flipside/store/incoming")
    adopted = {"path": str(target), "sha256": "bb", "name": "b.whl"}
    assert machine.calls["adopt"] == {"files": [adopted]}
    assert (done.uploaded, done.files, done.bytes) == (1, 2, 5)
    assert "Upload: 1 of 2 files, 5 B" in said


def test_nothing_is_uploaded_when_the_store_has_it_all(built) -> None:
    machine = Store("aa", "bb")
    _, said = published(machine, built)
    assert machine.put_to == {}
    assert "adopt" not in machine.calls
    assert "Upload: the store has all 2 files" in said


def test_latest_moves_always_and_each_tag_once(built) -> None:
    machine = Store("aa", "bb")
    published(machine, built, "v1", "latest", "v1")
    assert machine.calls["publish"]["tags"] == ["latest", "v1"]
    assert "@" in machine.calls["publish"]["by"]


def test_a_build_that_fails_reaches_no_store(built) -> None:
    machine = Store()

    def fails(*_: object, **__: object) -> Built:
        raise BuildError("no wheel")

    with pytest.raises(BuildError):
        publish(APP, machine, Console(out=io.StringIO()), maker=fails)
    assert set(machine.calls) == {"python"}


def test_a_bad_tag_is_refused_before_anything_is_built() -> None:
    with pytest.raises(FlipsideError, match="no name for a tag"):
        publish(APP, Store(), Console(out=io.StringIO()), ["bad tag"], maker=pytest.fail)
