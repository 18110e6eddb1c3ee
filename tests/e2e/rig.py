"""A real platform and real apps on it, as a user has them: the `flipside` command and HTTP."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import psutil
from ruamel.yaml import YAML

TOP = Path(__file__).parents[2]
PROBE = Path(__file__).parent / "apps/probe"
FLIPSIDE = Path(sys.executable).parent / "flipside"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    argv: Sequence[str]
    status: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """What it printed with ``--json``."""
        return json.loads(self.out)

    @property
    def last(self) -> str:
        """The last line on stdout."""
        return self.out.strip().splitlines()[-1]

    def __str__(self) -> str:
        return f"{' '.join(map(str, self.argv))} -> {self.status}\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def environment(home: Path, **changes: str) -> dict[str, str]:
    """A user's environment with a home folder of its own, and the caches that the user has."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    config = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLIPSIDE_", "PYTEST_"))}
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "DATA_DIR"):
        kept.pop(name, None)
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": cache,
        "XDG_CONFIG_HOME": config,
        "FLIPSIDE_KEYS": os.environ["FLIPSIDE_KEYS"],
        "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or f"{cache}/uv",
        "PATH": f"{FLIPSIDE.parent}:{os.environ['PATH']}",
        **changes,
    }


def said(running: subprocess.Popen[str]) -> str:
    """What a command that runs has printed since this was asked last."""
    text = b""
    for stream in (running.stdout, running.stderr):
        assert stream
        os.set_blocking(stream.fileno(), False)
        with suppress(BlockingIOError):
            text += os.read(stream.fileno(), 1 << 20)
    return text.decode(errors="replace")


def until(ask: Callable[[], Any], seconds: float = 30) -> Any:
    """Ask until the answer is true; return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {ask}")


class Flipside:
    """The `flipside` command, run in a folder with a home folder of its own."""

    def __init__(self, cwd: Path, home: Path, **env: str) -> None:
        self.cwd, self.home, self.env = cwd, home, env

    def argv(self, *args: str) -> list[str]:
        return [str(FLIPSIDE), *args]

    def begin(self, *args: str, cwd: Path | None = None, **env: str) -> subprocess.Popen[str]:
        """Start it and do not wait; its output can be read from pipes."""
        return subprocess.Popen(
            self.argv(*args),
            cwd=cwd or self.cwd,
            env=environment(self.home, **self.env, **env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self,
        *args: str,
        cwd: Path | None = None,
        stdin: str = "",
        timeout: float = 120,
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Run it to its end, whatever that is."""
        begun = time.monotonic()
        argv = self.argv(*args)
        done = subprocess.run(
            argv,
            cwd=cwd or self.cwd,
            env=environment(self.home, **self.env | dict(env or {})),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Done(argv, done.returncode, done.stdout, done.stderr, time.monotonic() - begun)

    def __call__(self, *args: str, **options: Any) -> Done:
        """Run it; it must succeed."""
        done = self.run(*args, **options)
        assert done.status == 0, str(done)
        return done

    def fails(self, *args: str, **options: Any) -> Done:
        """Run it; it must refuse, in words: status 1 and no traceback of its own."""
        done = self.run(*args, **options)
        assert done.status == 1, str(done)
        return done


class AnyPlatform:
    """A platform, wherever it lives, as its owner and its visitors reach it.

    Attributes:
        folder: Where its `.flipside-platform` is.
        flipside: Runs `flipside` in that folder.
        target: Where it lives.
    """

    target: str
    root: PurePath
    port: int

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.flipside = Flipside(folder, self.home, FLIPSIDE_PLATFORM=str(folder))
        self.settings = settings

    def bootstrap(self) -> Done:
        if self.settings and not (self.folder / ".flipside-platform").exists():
            text = "".join(f"{key}: {value}\n" for key, value in self.settings.items())
            (self.folder / ".flipside-platform").write_text(f"target: {self.target}\n{text}")
        return self.flipside("platform.bootstrap", f"--target={self.target}", timeout=300)

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.flipside("platform.status", "--json").json
        return found

    def pid(self, component: str) -> int:
        """The process id of one component."""
        found = {one["name"]: one["pid"] for one in self.status["components"]}
        return int(found[component])

    def http(  # noqa: PLR0913 - what a request has
        self,
        host: str,
        path: str = "/",
        *,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 30,
    ) -> Answer:
        """Ask nginx for a path of a host."""
        begun = time.monotonic()
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {"Host": host, **(headers or {})})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        return Answer(answer.status, answer.headers, content, time.monotonic() - begun)

    def app(self, name: str, folder: Path | None = None) -> App:
        """The app of that name; its code is in a folder of its own."""
        return App(self, name, folder or self.folder / "code" / name)


class Platform(AnyPlatform):
    """A local platform in a short temporary folder."""

    target = "local"

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._port = 0

    def __truediv__(self, path: str) -> Path:
        """A path below its root."""
        return self.root / path

    @property
    def root(self) -> Path:
        return self.folder / ".flipside"

    @property
    def run(self) -> Path:
        return Path(json.loads((self / "etc/layout.json").read_text())["run"])

    @property
    def port(self) -> int:
        """nginx's, also when the platform is no more."""
        with suppress(FileNotFoundError):
            self._port = int(json.loads((self / "etc/ports.json").read_text())["http"])
        return self._port

    def has(self, app: App) -> bool:
        """Whether it has a folder for the app."""
        return app.place().exists()

    def destroy(self) -> None:
        """Destroy it, and see that nothing is left."""
        if self.root.exists():
            run = self.run if (self / "etc/layout.json").exists() else None
            self.flipside("platform.destroy", "--yes", "--data", timeout=180)
            assert not self.root.exists()
            assert run is None or not run.exists()
        left = self.processes()
        assert not left, left
        shutil.rmtree(self.folder)

    def processes(self) -> list[psutil.Process]:
        """All that runs on its behalf."""
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        # Salt and nginx write their titles over their environment.
        try:
            words = [*process.environ().values(), *process.cmdline(), process.cwd()]
        except psutil.Error:
            return False
        return any(str(self.root) in word for word in words)

    def salt(self, *words: str) -> Any:
        """Run Salt's own command line against the minion; its answer from JSON."""
        argv = [str(self / "venv/bin/salt"), "-c", str(self / "etc/salt/master"), "--out=json"]
        env = environment(self.home, PYTHONPATH=str(self / "lib"))
        done = subprocess.run(
            [*argv, "*", *words], env=env, capture_output=True, text=True, timeout=120, check=True
        )
        return next(iter(json.loads(done.stdout).values()))


class App:
    """An app of the platform, and its code in a folder."""

    def __init__(self, platform: AnyPlatform, name: str, folder: Path) -> None:
        self.platform, self.name, self.folder = platform, name, folder
        self.host = f"{name}.localhost"

    def make(self, template: str | None = None, **changes: Any) -> App:
        """Write its code: the probe, or what a template gives; `changes` go over `.flipside-app`."""
        if template:
            words = (self.name, "-d", str(self.folder), "-t", template)
            self.platform.flipside("app.bootstrap", *words)
        else:
            shutil.copytree(PROBE, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
            changes = {
                "name": self.name,
                "template": "python-wsgi",
                "health": {"path": "/up", "timeout": 10},
                **changes,
            }
        if changes:
            self.configure(**changes)
        return self

    def configure(self, **changes: Any) -> None:
        """Lay keys over `.flipside-app`; None takes one away."""
        path = self.folder / ".flipside-app"
        yaml = YAML()
        config = yaml.load(path) if path.exists() else {}
        for key, value in changes.items():
            config.pop(key, None) if value is None else config.__setitem__(key, value)
        yaml.dump(config, path)

    def write(self, **texts: str) -> None:
        """Write files of its folder, `version_txt="2"` into `version.txt`."""
        for name, text in texts.items():
            stem, _, suffix = name.rpartition("_")
            (self.folder / f"{stem}.{suffix}").write_text(text)

    def flipside(self, *args: str, **options: Any) -> Done:
        """Run `flipside` in its folder; it must succeed."""
        return self.platform.flipside(*args, cwd=self.folder, **options)

    def run(self, *args: str, **options: Any) -> Done:
        """Run `flipside` in its folder, whatever it does."""
        return self.platform.flipside.run(*args, cwd=self.folder, **options)

    def fails(self, *args: str, **options: Any) -> Done:
        """Run `flipside` in its folder; it must refuse."""
        return self.platform.flipside.fails(*args, cwd=self.folder, **options)

    def publish(self, version: str | None = None, *args: str) -> str:
        """Publish what is in the folder, as a version if one is given; its release id."""
        if version is not None:
            self.write(version_txt=version)
        return self.flipside("app.publish", *args).last

    def deploy(self, *args: str) -> dict[str, Any]:
        """Deploy; the report."""
        found: dict[str, Any] = self.flipside("app.deploy", "--json", *args).json
        return found

    def ship(self, version: str | None = None) -> str:
        """Publish and deploy; the release id, which is live."""
        release = self.publish(version)
        assert self.deploy()["release"] == release
        return release

    @property
    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.flipside("app.status", "--json").json
        return found

    def http(self, path: str = "/", **options: Any) -> Answer:
        """Ask for a path through nginx."""
        return self.platform.http(self.host, path, **options)

    def answers(self, path: str = "/") -> bool:
        """Whether a path is answered with 200; False, too, while nobody listens."""
        try:
            return self.http(path).status == 200
        except (OSError, http.client.HTTPException):
            return False

    @property
    def version(self) -> str:
        """The version that answers."""
        answer = self.http("/")
        assert answer.status == 200, (answer.status, answer.text)
        return str(answer.json)

    def rows(self) -> list[str]:
        """The rows that the probe has kept, read through the app."""
        found: list[str] = self.http("/rows").json
        return found

    def place(self, env: str = "production") -> Path:
        """Its folder on the machine."""
        return self.platform / f"apps/{self.name}/{env}"

    @property
    def log(self) -> Path:
        """Its log on the machine."""
        return self.platform / f"log/apps/{self.name}.production/app.log"


def temporary() -> Path:
    """A fresh folder with a path short enough for sockets."""
    return Path(tempfile.mkdtemp(prefix="fs-e2e-", dir="/tmp"))
