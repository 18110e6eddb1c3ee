"""Real uwsgi and nginx for the tests of what runs on the machine."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from flipside.machine import recovery
from flipside.machine.health import variables
from flipside.machine.layout import Layout
from flipside.machine.manifests import release_id
from flipside.machine.narrate import Story
from flipside.machine.seal import delete
from flipside.machine.store import Store
from flipside.machine.switch import Switch
from flipside.machine.uwsgi_client import request
from flipside.machine.wanted import Wanted

PACKAGES = ["pyuwsgi==2.0.30.post1", "flask==3.1.2", "django==5.2.8"]
START = "import pyuwsgi; pyuwsgi.run()"


class Uwsgi:
    """A running uwsgi; `log` is what it wrote."""

    def __init__(self, process: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
        self.process, self.socket, self.log = process, socket, log

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def app_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with pyuwsgi, Flask and Django, as a release has."""
    venv = tmp_path_factory.mktemp("venv") / "venv"
    uv = find_uv_bin()
    subprocess.run([uv, "venv", "-q", "-p", sys.executable, str(venv)], check=True)
    python = str(venv / "bin/python")
    subprocess.run([uv, "pip", "install", "-q", "-p", python, *PACKAGES], check=True)
    return venv


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="fs", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def uwsgi(app_venv: Path, short: Path) -> Iterator[Callable[..., Uwsgi]]:
    """Start uwsgi on an app given as source: ``uwsgi(code, "name", *options)``."""
    started: list[Uwsgi] = []

    def start(code: str, name: str = "new", *options: str, listening: bool = True) -> Uwsgi:
        folder = short / f"{name}-app"
        folder.mkdir(exist_ok=True)
        (folder / "site_app.py").write_text(code)
        socket, log = short / f"{name}.sock", short / f"{name}.log"
        argv = [str(app_venv / "bin/python"), "-c", START, "--socket", str(socket), "--master"]
        argv += ["--lazy-apps", "--threads", "2", "--wsgi", "site_app:app", "--need-app=0"]
        argv += ["--chmod-socket=660", "--die-on-term", *options]
        with log.open("wb") as out:
            process = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=out)
        started.append(Uwsgi(process, socket, log))
        while listening and not socket.exists():
            time.sleep(0.01)
        return started[-1]

    yield start
    for one in started:
        one.stop()


class Publisher:
    """Makes small wheels and trees by hand, and publishes releases of them."""

    def __init__(self, layout: Layout, folder: Path) -> None:
        self.layout, self.store, self.folder = layout, Store(layout), folder
        folder.mkdir()

    def wheel(self, name: str, version: str, files: dict[str, str], scripts: str = "") -> Path:
        """Write a wheel; ``scripts`` are its console scripts, as ``name = module:function``."""
        info = f"{name}-{version}.dist-info"
        contents = dict(files)
        contents[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        contents[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        if scripts:
            contents[f"{info}/entry_points.txt"] = f"[console_scripts]\n{scripts}\n"
        record = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
        path = self.folder / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for inner, text in {**contents, f"{info}/RECORD": record}.items():
                archive.writestr(inner, text)
        return path

    def tree(self, files: dict[str, str]) -> Path:
        """Write a packaged tree."""
        path = self.folder / "tree.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return path

    def adopt(self, path: Path) -> dict[str, str]:
        """Upload a file into the store."""
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if self.store.missing([sha256]):
            incoming = self.store.objects.incoming()
            shutil.copyfile(path, incoming)
            self.store.adopt(incoming, sha256, path.name)
        return {"name": path.name, "sha256": sha256}

    def manifest(
        self,
        app: str = "blog",
        version: str = "1",
        wheels: Sequence[Path] = (),
        tree: Path | None = None,
        **config: Any,
    ) -> dict[str, Any]:
        """Upload what a release consists of; return its manifest, not yet published."""
        found = {
            "app": app,
            "version": version,
            "kind": "tree",
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "wheels": [self.adopt(wheel) for wheel in wheels],
            "app_wheel": None,
            "tree": self.adopt(tree) if tree else None,
            "config": config,
        }
        return {**found, "id": release_id(found)}

    def publish(self, *args: Any, tags: Sequence[str] = (), **kwargs: Any) -> dict[str, Any]:
        """Publish a release of what `manifest` takes."""
        return self.store.publish(self.manifest(*args, **kwargs), tags, "ann@laptop")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """The layout of a machine of its own."""
    return Layout(tmp_path / "root", tmp_path / "run")


@pytest.fixture
def publisher(layout: Layout, tmp_path: Path) -> Publisher:
    """A publisher to that machine's store."""
    return Publisher(layout, tmp_path / "wheels")


SERVER = """
import os, signal, socket, sys
path, status, body = sys.argv[1:]
server = socket.socket(socket.AF_UNIX)
if os.path.lexists(path): os.unlink(path)
server.bind(path); server.listen(64)
def end(*_):
    if os.path.lexists(path): os.unlink(path)
    os._exit(0)
signal.signal(signal.SIGTERM, end)
while True:
    caller, _ = server.accept()
    data = caller.recv(65536)
    caller.sendall(f"HTTP/1.1 {status} x\\r\\n\\r\\n{body}".encode())
    caller.close()
"""


class Fleet:
    """Stands in for supervisord: each generation is a process that speaks uwsgi's protocol.

    Attributes:
        statuses: What a release answers, 200 unless said; 0: it ends at once.
        told: What was started and stopped, in order, as ``start 1``.
        ending: The numbers of those that still finish their requests.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder, self.statuses, self.told, self.ending = folder, {}, [], set()

    def start(self, generation: Any) -> None:
        self.told.append(f"start {generation.number}")
        status = self.statuses.get(generation.release, 200)
        if self.running(generation) or not status:
            return
        argv = [sys.executable, "-SE", "-c", SERVER, generation.socket, str(status)]
        child = subprocess.Popen([*argv, generation.release], start_new_session=True)
        (self.folder / generation.service).write_text(str(child.pid))

    def listen(self, generation: Any) -> None:
        """As without systemd, do nothing."""

    def sweep(self, app: str, env: str, known: set[int]) -> None:
        """As without systemd, do nothing."""

    def finishing(self, generation: Any) -> bool:
        return generation.number in self.ending

    def retire(self, generation: Any, *, wait: bool = True) -> None:
        if self.alive(generation):
            self.stop(generation)

    def stop(self, generation: Any, *, mercy: bool = True) -> None:
        self.told.append(f"stop {generation.number}")
        self._end(self.folder / generation.service)

    def _end(self, path: Path) -> None:
        if path.exists():
            pid = int(path.read_text())
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            while _lives(pid):
                time.sleep(0.005)
            path.unlink()

    def running(self, generation: Any) -> bool:
        return self.alive(generation)

    def alive(self, generation: Any) -> bool:
        path = self.folder / generation.service
        return path.exists() and _lives(int(path.read_text()))

    def close(self) -> None:
        for path in self.folder.iterdir():
            self._end(path)


def _lives(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Stage:
    """One environment of the app ``blog`` on a machine, its releases made by hand.

    Attributes:
        layout: Where it lies.
        fleet: Its processes.
    """

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder / "root", folder / "run")
        self.fleet = Fleet(folder / "fleet")
        self.fleet.layout = self.layout
        self.story = Story(lambda event: None)
        for path in (self.layout.data, self.layout.home, self.layout.log_dir, self.layout.run_dir):
            path("blog", "production").mkdir(parents=True)
        self.layout.etc.mkdir()
        layout = {"root": str(self.layout.root), "run": str(self.layout.run)}
        (self.layout.etc / "layout.json").write_text(json.dumps(layout))

    def manifest(self, version: str, **config: Any) -> dict[str, Any]:
        """The manifest of a release; ``config`` as in `.flipside-app`."""
        whole = {
            "wsgi": {"callable": "web:app", "chdir": ".", "pythonpath": ["."]},
            "health": {"path": "/up", "method": "GET", "status": ["2xx"], "timeout": 5},
            "steps": {"install": [], "deploy": []},
            "files": {"settings.ini": f"version = {version}"},
            **config,
        }
        return {"app": "blog", "id": f"{version}-0a1b2c3d", "python": "3.11", "config": whole}

    def want(self, version: str, **config: Any) -> Wanted:
        """What is wanted of the environment; its release is installed."""
        manifest = self.manifest(version, **config)
        release = self.layout.release("blog", "production", manifest["id"])
        if not release.exists():
            (release / "tree").mkdir(parents=True)
            (release / "venv/bin").mkdir(parents=True)
        settings = {"domain": "localhost", "nginx": {"http_port": 8080}}
        config = manifest["config"]
        return Wanted(self.layout, "blog", "production", manifest, config, {}, settings)

    def switch(self, want: Wanted, *, migrate: bool = True, **how: Any) -> Switch:
        """Switch to what is wanted."""
        turn = Switch(want, self.fleet, self.story, self.lock())
        turn.go(migrate=migrate, **how)
        return turn

    def lock(self) -> int:
        """A descriptor that steps may inherit."""
        return os.open(os.devnull, os.O_RDONLY)

    def recover(self) -> None:
        """What comes first in whatever is done next."""
        recovery.recover(self.layout, "blog", "production", self.fleet, self.story)

    @property
    def answer(self) -> str:
        """What a visitor gets."""
        sent = variables("blog.localhost", "GET", "/")
        return request(
            self.layout.current_socket("blog", "production"), sent, timeout=5
        ).body.decode()

    @property
    def database(self) -> Path:
        return self.layout.data("blog", "production") / "app.db"

    def sql(self, *statements: str) -> list[Any]:
        """Run statements on the app's database; return the last one's rows."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as database:
            return [database.execute(statement).fetchall() for statement in statements][-1]


@pytest.fixture
def stage(short: Path) -> Iterator[Stage]:
    """An environment whose generations are small servers."""
    made = Stage(short)
    yield made
    made.fleet.close()
    delete(short / "root")


@pytest.fixture
def publisher_at(tmp_path: Path) -> Callable[[Layout], Publisher]:
    """Make a publisher to the store of a machine."""
    return lambda layout: Publisher(layout, tmp_path / "published")
