"""A Salt minion of this process, whose machine is a temporary folder, and a real supervisord."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from ruamel.yaml import YAML

from flipside.config import AppConfig
from flipside.machine import supervise
from flipside.salt.config import SaltPaths, minion_config
from flipside.targets.local.files import PROVIDERS

TOP = Path(__file__).parents[2]
PILLARS = Path(__file__).parent / "pillars"
NAMES = sorted(path.stem for path in PILLARS.glob("*.yaml"))
SUPERVISORD = """\
[unix_http_server]
file = {run}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
pidfile = {run}/supervisord.pid
logfile = {run}/supervisord.log
nodaemon = true
[include]
files = {root}/etc/supervisor/programs/*.conf {root}/etc/supervisor/apps/*.conf
"""


def loaded(name: str) -> dict[str, Any]:
    """An example pillar as the states see it: `pillars/<name>.yaml`, its records made whole."""
    found: dict[str, Any] = YAML(typ="safe").load(PILLARS / f"{name}.yaml")
    for app, environments in found.get("apps", {}).items():
        for env, short in environments.items():
            environments[env] = _record(app, env, short or {})
    return found


def _record(app: str, env: str, short: dict[str, Any]) -> dict[str, Any]:
    live, pending = _manifest(app, short.get("manifest")), _manifest(app, short.get("pending"))
    coming = pending and {"release": pending["id"], "by": "ann@laptop", "at": "", "back": False}
    return {
        "app": app,
        "env": env,
        "release": live and live["id"],
        "pending": coming,
        "history": [live["id"]] if live else [],
        "config": short.get("config", {}),
        "stopped": short.get("stopped", False),
        "manifest": live,
        "pending_manifest": pending,
    }


def _manifest(app: str, config: dict[str, Any] | None) -> dict[str, Any] | None:
    if config is None:
        return None
    version = config.get("version", "1")
    whole = AppConfig.model_validate({"name": app, **config}).model_dump(mode="json")
    wheels = [{"name": "web-1-py3-none-any.whl", "sha256": "0" * 64}]
    made = {"app": app, "id": f"{version}-0a1b2c3d", "kind": "tree", "python": "3.11"}
    return {**made, "wheels": wheels, "app_wheel": None, "tree": None, "config": whole}


class Minion:
    """A minion without a master.

    Attributes:
        root: The platform's folder.
        run: Its sockets' folder.
        functions: Salt's execution functions by name.
        states: Its states by name.
    """

    def __init__(self, folder: Path, pillar: dict[str, Any]) -> None:
        self.root, self.run = folder / "root", folder / "run"
        self.pillar = pillar
        self._prepare(folder)
        (folder / "minion").write_text(json.dumps(self._config(folder)))
        # Imported this late because Salt's import hooks would break pytest's collection.
        import salt.client
        import salt.loader

        self._caller = salt.client.Caller(str(folder / "minion"))
        self._caller.cmd("saltutil.sync_all", refresh=False)
        self._caller.sminion.gen_modules()
        self.functions = self._caller.sminion.functions
        self.states = salt.loader.states(
            self._caller.sminion.opts,
            self.functions,
            self._caller.sminion.utils,
            self._caller.sminion.serializers,
        )

    def _config(self, folder: Path) -> dict[str, Any]:
        paths = SaltPaths(PurePosixPath(self.root), PurePosixPath(self.run))
        ports = {"publish": 1, "ret": 2}
        return {
            **minion_config(paths, ports, getpass.getuser(), self.grains(), PROVIDERS),
            "file_client": "local",
            "file_roots": {"base": [str(TOP / "salt")]},
            "pillar_roots": {"base": [str(folder / "pillar")]},
        }

    def _prepare(self, folder: Path) -> None:
        for name in (
            "root/etc/supervisor/programs",
            "root/etc/supervisor/apps",
            "root/var",
            "pillar",
        ):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("minion", "memcached"):
            (self.run / name).mkdir(parents=True, exist_ok=True)
        # The programs run with the machine's own Python.
        (self.root / "venv").symlink_to(sys.prefix)
        layout = {"root": str(self.root), "run": str(self.run)}
        (self.root / "etc/layout.json").write_text(json.dumps(layout))
        (folder / "pillar/top.sls").write_text("base: {'*': [example]}")
        (folder / "pillar/example.sls").write_text("#!json\n" + json.dumps(self.pillar))

    def grains(self) -> dict[str, Any]:
        """The grains that the local target gives its minion."""
        return {
            "flipside": {
                "kind": "local",
                "root": str(self.root),
                "run": str(self.run),
                "user": getpass.getuser(),
                "supervisor": f"{self.run}/supervisor.sock",
            }
        }

    def __call__(self, function: str, *args: Any, **kwargs: Any) -> Any:
        return self._caller.cmd(function, *args, **kwargs)

    def apply(self, *sls: str, test: bool = False, **pillar: Any) -> dict[str, dict[str, Any]]:
        """Apply SLS files; return the results by the states' ids."""
        done = self("state.sls", list(sls), test=test, pillar=pillar or None, concurrent=True)
        assert isinstance(done, dict), done
        return {f"{one['__id__']} {one['name']}": one for one in done.values()}

    def state(self, function: str, test: bool = False, **kwargs: Any) -> dict[str, Any]:
        """Run one state alone; return its result."""
        done = self("state.single", function, test=test, **kwargs)
        assert isinstance(done, dict), done
        found: dict[str, Any] = next(iter(done.values()))
        return found


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets."""
    made = Path(tempfile.mkdtemp(prefix="fs", dir="/tmp"))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for one test."""
    with short_folder() as made:
        yield made


@pytest.fixture
def minion_of(folder: Path) -> Callable[[dict[str, Any]], Minion]:
    """Make a minion that has a pillar."""
    return lambda pillar: Minion(folder, pillar)


@pytest.fixture(params=NAMES, scope="module")
def minion(request: pytest.FixtureRequest) -> Iterator[Minion]:
    """A minion for each example pillar; its tests share it, since making one takes a second."""
    with short_folder() as made:
        yield Minion(made, loaded(request.param))


@pytest.fixture(scope="session")
def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Supervised:
    """A minion with a real supervisord.

    Attributes:
        minion: The minion.
        programs: The folder of the programs' configuration.
    """

    def __init__(self, minion: Minion) -> None:
        self.minion, self.programs = minion, minion.root / "etc/supervisor/programs"

    def program(self, name: str, command: str, **options: Any) -> None:
        """Configure a program, as states do."""
        lines = [f"{key} = {value}" for key, value in {"command": command, **options}.items()]
        text = "\n".join([f"[program:{name}]", *lines, ""])
        (self.programs / f"{name}.conf").write_text(text)

    def forget(self, name: str) -> None:
        """Remove a program's configuration."""
        (self.programs / f"{name}.conf").unlink()

    def info(self, name: str) -> dict[str, Any] | None:
        """What supervisord itself says of a program."""
        return supervise.states(self.minion.run).get(name)

    def until(self, name: str, *states: str) -> str:
        """Wait until a program is in one of the states."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if (info := self.info(name)) and info["statename"] in states:
                return str(info["statename"])
            time.sleep(0.02)
        pytest.fail(f"{name} is {self.info(name)}, and never {states}")


@contextmanager
def supervised(minion: Minion) -> Iterator[Supervised]:
    """Run supervisord for a minion."""
    conf = minion.root / "etc/supervisord.conf"
    conf.write_text(SUPERVISORD.format(root=minion.root, run=minion.run))
    argv = [sys.executable, "-m", "supervisor.supervisord", "-c", str(conf)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TOP)}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(argv, stdout=quiet, stderr=quiet, env=environment) as process:
        while not (minion.run / "supervisor.sock").exists():
            assert process.poll() is None
            time.sleep(0.02)
        yield Supervised(minion)
        process.terminate()


@contextmanager
def supervised_with_pillar(name: str, **settings: Any) -> Iterator[Supervised]:
    """A minion of an example pillar and its supervisord, with settings laid over."""
    pillar = loaded(name)
    pillar["flipside"] |= settings
    with short_folder() as made, supervised(Minion(made, pillar)) as one:
        yield one


@pytest.fixture(scope="session")
def supervised_with() -> Callable[..., Any]:
    """Make a minion of an example pillar with a supervisord."""
    return supervised_with_pillar


@pytest.fixture(scope="module")
def supervisord() -> Iterator[Supervised]:
    """A minion without apps, and its supervisord."""
    with supervised_with_pillar("none") as one:
        yield one
