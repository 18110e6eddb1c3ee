"""Builds by the real uv and pip, as `app.publish` runs them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flipside.apps.build import Built, build
from flipside.apps.lock import LOCK, inputs_hash
from flipside.apps.requirements import Requirements
from flipside.apps.resolve import Request
from flipside.apps.run import run
from flipside.apps.tools import own_python, uv_program
from flipside.config import AppConfig
from flipside.config.load import LoadedApp
from flipside.errors import BuildError

PYTHON = own_python()
PYPROJECT = """\
[build-system]
requires = ["{backend}"]
build-backend = "{backend}.{entry}"
[project]
name = "guestbook"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["six==1.17.0"]
[project.optional-dependencies]
dev = ["pytest"]
"""


@pytest.fixture(autouse=True, scope="module")
def _shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give these tests a cache of wheels of their own; uv and pip keep theirs."""
    with pytest.MonkeyPatch.context() as patch:
        uvs = run([uv_program(), "cache", "dir"], Path.cwd()).strip()
        pips = run([sys.executable, "-m", "pip", "cache", "dir"], Path.cwd()).strip()
        patch.setenv("UV_CACHE_DIR", uvs)
        patch.setenv("PIP_CACHE_DIR", pips)
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def _empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


def cache() -> list[str]:
    root = Path(os.environ["XDG_CACHE_HOME"]) / "flipside/wheels"
    return sorted(p.name for p in root.iterdir()) if root.exists() else []


def unplug(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be reached over the network from here on."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def project(folder: Path, backend: str = "hatchling", entry: str = "build") -> Path:
    (folder / "guestbook").mkdir(parents=True)
    (folder / "guestbook/__init__.py").write_text("")
    (folder / "guestbook/wsgi.py").write_text("application = None\n")
    (folder / "guestbook/old.py").write_text("")
    (folder / "pyproject.toml").write_text(PYPROJECT.format(backend=backend, entry=entry))
    return folder


def made(
    folder: Path, *, said: list[str] | None = None, upgrade: bool = False, **values: Any
) -> Built:
    values = {"wsgi": {"callable": "guestbook.wsgi:application"}, **values}
    config = AppConfig.model_validate({"name": "guestbook", **values})
    app = LoadedApp(config, folder, folder / ".flipside-app")
    work = folder.parent / f"work-{time.monotonic_ns()}"
    lines = [] if said is None else said
    return build(app, PYTHON, work, lines.append, upgrade=upgrade)


def tree(folder: Path, requirements: str = "six==1.17.0\n", **values: Any) -> Built:
    folder.mkdir(exist_ok=True)
    (folder / "web.py").write_text("app = None\n")
    (folder / "requirements.txt").write_text(requirements)
    build_ = {"kind": "tree", **values.pop("build", {})}
    return made(folder, wsgi={"callable": "web:app"}, build=build_, **values)


def names(built: Built) -> list[str]:
    return ["-".join(wheel["name"].split("-")[:2]) for wheel in built.manifest["wheels"]]


@pytest.mark.parametrize(
    ("backend", "entry"), [("hatchling", "build"), ("setuptools", "build_meta")]
)
def test_unchanged_sources_are_the_same_release_whenever_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, entry: str
) -> None:
    folder = project(tmp_path / "app", backend, entry)
    before = sorted(p.name for p in folder.rglob("*"))
    first = made(folder)
    for path in folder.rglob("*.py"):
        os.utime(path, (1_700_000_000,) * 2)
        path.chmod(0o600)
    copy = tmp_path / "elsewhere" / "other-name"
    shutil.copytree(folder, copy)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert made(copy).manifest == made(folder).manifest == first.manifest
    assert sorted(p.name for p in folder.rglob("*")) == sorted([*before, LOCK])


def test_the_manifest_names_every_file_by_content(tmp_path: Path) -> None:
    built = made(project(tmp_path / "app"))
    manifest = built.manifest
    assert names(built) == ["guestbook-0.1.0", "pyuwsgi-2.0.30.post1", "six-1.17.0"]
    assert manifest["app_wheel"] == "guestbook-0.1.0-py3-none-any.whl"
    assert (manifest["version"], manifest["kind"], manifest["python"]) == ("0.1.0", "wheel", PYTHON)
    assert manifest["tree"] is None
    assert re.fullmatch(r"0\.1\.0-[0-9a-f]{8}", manifest["id"])
    assert {w["sha256"] for w in manifest["wheels"]} == set(built.files)
    assert all(path.is_file() for path in built.files.values())


def test_a_changed_source_is_another_release(tmp_path: Path) -> None:
    folder = project(tmp_path / "app")
    first = made(folder)
    (folder / "guestbook/wsgi.py").write_text("application = 1\n")
    assert made(folder).manifest["id"] != first.manifest["id"]


def test_a_deleted_module_is_not_shipped_by_setuptools(tmp_path: Path) -> None:
    folder = project(tmp_path / "app", "setuptools", "build_meta")
    made(folder)
    (folder / "guestbook/old.py").unlink()
    built = made(folder)
    wheel = next(p for p in built.files.values() if p.name.startswith("guestbook"))
    with zipfile.ZipFile(wheel) as z:
        assert "guestbook/old.py" not in z.namelist()


@pytest.mark.usefixtures("_empty_cache")
def test_without_a_change_no_index_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(tmp_path / "app")
    said: list[str] = []
    first = made(folder, said=said)
    assert [line.split()[0] for line in said] == ["building", "resolving", "wrote", "fetching"]
    unplug(monkeypatch)
    assert made(folder, said=(again := [])).manifest == first.manifest
    assert again == ["building the wheel"]


def test_the_lock_is_one_to_commit(tmp_path: Path) -> None:
    folder = project(tmp_path / "app")
    made(folder)
    text = (folder / LOCK).read_text()
    assert "://" not in text
    assert "six==1.17.0 \\\n    --hash=sha256:" in text
    clone = tmp_path / "clone"
    shutil.copytree(folder, clone)
    assert made(clone, said=(said := [])).manifest["wheels"]
    assert said == ["building the wheel"]


def test_a_known_version_is_kept_until_an_upgrade(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    tree(folder, "six==1.16.0\n")
    assert "six-1.16.0" in names(tree(folder, "six>=1.15\n"))
    config = {"wsgi": {"callable": "web:app"}, "build": {"kind": "tree"}}
    assert "six-1.16.0" not in names(made(folder, upgrade=True, **config))


def test_a_trees_own_servers_and_dropped_packages_give_way(tmp_path: Path) -> None:
    asked = "-r more.txt\nuwsgi==2.0.18\npyuwsgi==2.0.21\nno-such-package-of-anybody==1\n"
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "more.txt").write_text("six<1.17\n")
    dropped = {"drop": ["No_Such.Package-of-anybody"], "extra": ["idna==3.7"]}
    built = tree(folder, asked, build=dropped, version="1.2+local")
    assert names(built) == ["idna-3.7", "pyuwsgi-2.0.30.post1", "six-1.16.0"]
    assert built.manifest["tree"]["name"] == "tree.tar.gz"
    assert built.manifest["app_wheel"] is None
    assert built.manifest["id"].startswith("1.2.local-")


def test_a_tree_that_asks_for_nothing_gets_the_server_alone(tmp_path: Path) -> None:
    built = tree(tmp_path / "app", "# nothing\n")
    assert names(built) == ["pyuwsgi-2.0.30.post1"]
    assert built.manifest["id"].startswith("0-")


def test_a_package_from_an_index_is_a_release(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    values = {"build": {"kind": "index", "requirement": "bottle==0.13.2"}}
    built = made(tmp_path / "app", wsgi={"callable": "bottle:default_app()"}, **values)
    assert built.manifest["app_wheel"] == "bottle-0.13.2-py2.py3-none-any.whl"
    assert built.manifest["version"] == "0.13.2"
    with pytest.raises(BuildError, match="no module `bottles`; it has `bottle`"):
        made(tmp_path / "app", wsgi={"callable": "bottles:app"}, **values)


def test_a_source_distribution_is_built(tmp_path: Path) -> None:
    # Has never been published as a wheel.
    assert "docopt-0.6.2" in names(tree(tmp_path / "app", "docopt==0.6.2\n"))


def test_an_overriding_index_replaces_the_ones_that_requirements_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = _small_index(tmp_path / "index")
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "deeper.txt").write_text("--index-url http://127.0.0.1:9/simple\nsix==1.17.0\n")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    built = tree(
        folder, "--extra-index-url http://127.0.0.1:9/x\n-r deeper.txt\n", build={"index": index}
    )
    assert names(built) == ["pyuwsgi-2.0.30.post1", "six-1.17.0"]
    assert "index" not in (folder / LOCK).read_text()
    with pytest.raises(BuildError, match=r"127\.0\.0\.1"):
        tree(folder, "-r deeper.txt\n")


def _small_index(folder: Path) -> str:
    """Make an index of a folder that has six and pyuwsgi."""
    source = folder.parent / "source"
    for path in tree(source).files.values():
        if path.suffix == ".whl":
            page = folder / path.name.split("-")[0]
            page.mkdir(parents=True)
            shutil.copy(path, page)
            (page / "index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    return folder.as_uri()


def test_a_local_folder_among_the_requirements_is_built_each_time(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    library = project(folder / "libs/guestbook")
    first = tree(folder, "-e ./libs/guestbook\n")
    assert names(first) == ["guestbook-0.1.0", "pyuwsgi-2.0.30.post1", "six-1.17.0"]
    wheel = next(w for w in first.manifest["wheels"] if w["name"].startswith("guestbook"))
    assert first.files[wheel["sha256"]].is_file()
    again = tree(folder, "-e ./libs/guestbook\n")
    assert again.manifest == first.manifest
    (library / "guestbook/wsgi.py").write_text("application = 2\n")
    assert tree(folder, "-e ./libs/guestbook\n").manifest["wheels"] != first.manifest["wheels"]


@pytest.mark.usefixtures("_empty_cache")
def test_pip_settings_that_misplace_do_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "target"))
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    assert "docopt-0.6.2" in names(tree(tmp_path / "app", "docopt==0.6.2\n"))
    assert not (tmp_path / "target").exists()


def test_a_backend_that_fails_shows_its_own_words(tmp_path: Path) -> None:
    folder = project(tmp_path / "app")
    text = '[build-system]\nrequires = []\nbuild-backend = "bad"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(text)
    raising = "def build_wheel(*a, **k):\n    raise RuntimeError('boom in the backend')\n"
    (folder / "bad.py").write_text(raising)
    with pytest.raises(BuildError, match="RuntimeError: boom in the backend") as e:
        made(folder)
    assert str(e.value.next).endswith("uv build --wheel")
    assert not (folder / LOCK).exists()


def test_a_wheel_without_the_wsgi_module_is_refused(tmp_path: Path) -> None:
    folder = project(tmp_path / "app")
    (folder / "guestbook/wsgi.py").unlink()
    with pytest.raises(
        BuildError, match=r"the wheel has no module `guestbook\.wsgi`; it has `guestbook"
    ):
        made(folder)


@pytest.mark.usefixtures("_empty_cache")
def test_what_cannot_be_resolved_is_explained_by_uv(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no version of six==99"):
        tree(tmp_path / "app", "six==99\n")
    assert not (tmp_path / "app" / LOCK).exists()
    assert cache() == []


def test_a_dependency_that_needs_another_python_names_the_one_used(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    library = folder / "libs/new"
    library.mkdir(parents=True)
    (library / "pyproject.toml").write_text(
        '[project]\nname = "new"\nversion = "1"\nrequires-python = ">=3.99"\n'
    )
    with pytest.raises(BuildError, match=f"tried with Python {PYTHON}") as e:
        tree(folder, "./libs/new\n")
    assert 'build: python: "3.99"' in str(e.value.next)


def test_an_app_that_needs_another_python_names_the_one_used(tmp_path: Path) -> None:
    folder = project(tmp_path / "app")
    text = (folder / "pyproject.toml").read_text().replace(">=3.11", ">=3.99")
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(BuildError, match=f">=3.99, .* Python {PYTHON}") as e:
        made(folder)
    assert "build: python:" in str(e.value.next)


@pytest.mark.usefixtures("_empty_cache")
def test_a_hash_that_differs_stops_the_build(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    tree(folder)
    filled = cache()
    text = (folder / LOCK).read_text()
    (folder / LOCK).write_text(
        re.sub(
            r"(six==\S+ .*?)--hash=sha256:\w+( \\\n.*)*",
            r"\1--hash=sha256:" + "0" * 64,
            text,
            flags=re.DOTALL,
        )
    )
    with pytest.raises(BuildError, match="DO NOT MATCH THE HASHES") as e:
        tree(folder)
    assert "--upgrade" in str(e.value.next)
    assert cache() == filled


@pytest.mark.usefixtures("_empty_cache")
def test_two_builds_at_once_agree(tmp_path: Path) -> None:
    shutil.copytree(project(tmp_path / "one"), tmp_path / "two")
    found: list[Built] = []
    threads = [
        threading.Thread(target=lambda f=folder: found.append(made(tmp_path / f)))
        for folder in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found[0].manifest == found[1].manifest
    assert len(cache()) == 1


@pytest.fixture
def deaf_index() -> Iterator[str]:
    """Serve an index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


@pytest.mark.usefixtures("_empty_cache")
def test_ctrl_c_amid_the_downloads_leaves_no_half_cache(tmp_path: Path, deaf_index: str) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "web.py").write_text("app = None\n")
    (folder / "requirements.txt").write_text("six==1.17.0\n")
    text = (
        f"name: web\nbuild: {{kind: tree, index: '{deaf_index}'}}\nwsgi: {{callable: 'web:app'}}\n"
    )
    (folder / ".flipside-app").write_text(text)
    inputs = inputs_hash(Request(Requirements(("six==1.17.0",)), PYTHON, (), deaf_index), folder)
    pins = f"# inputs: sha256:{inputs}\nsix==1.17.0 --hash=sha256:{'0' * 64}\n"
    (folder / LOCK).write_text(pins)
    code = (
        "import sys; from pathlib import Path; from flipside.apps.build import build;"
        "from flipside.config.load import load_app; f = Path(sys.argv[1]);"
        "build(load_app(f), sys.argv[2], f.parent / 'w', lambda line: print(line, flush=True))"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), PYTHON],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout
    while "fetching" not in (line := child.stdout.readline()):
        assert line, child.communicate()[1]
    time.sleep(1)
    assert len(cache()) == 1
    os.killpg(child.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in child.communicate(timeout=30)[1]
    assert cache() == []
    assert (folder / LOCK).read_text() == pins
