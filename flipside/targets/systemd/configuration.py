"""The configuration of a platform with systemd: what every file says, and sending them."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flipside.salt.config import SaltPaths, master_config, minion_config
from flipside.targets.systemd import units
from flipside.targets.systemd.preflight import HTTP_PORT

if TYPE_CHECKING:
    from flipside.config import PlatformConfig
    from flipside.targets.base import Machine

RUN = PurePosixPath("/run/flipside")
USER = "root"
# Salt's own, on the loopback.
PORTS = {"publish": 4505, "ret": 4506}
PROVIDERS = {
    "service": "systemd_service",
    "pkg": "aptpkg",
    "user": "useradd",
    "group": "groupadd",
}
# The keys of .flipside-platform that the states read.
SETTINGS = {"domain", "highstate_minutes", "keep"}


def send(machine: Machine, platform: PlatformConfig, public_port: int) -> list[str]:
    """Write the files that differ, in one round trip; return their paths.

    Args:
        machine: The machine; its code has to be there.
        platform: What .flipside-platform says.
        public_port: The port that visitors use, where something leads it to nginx's.
    """
    argv = [f"{machine.root}/venv/bin/python", "-m", "flipside.machine.receive"]
    what = order(machine.root, settings(platform, public_port))
    return machine.run(argv, stdin=json.dumps(what).encode()).splitlines()


def order(root: PurePosixPath, said: dict[str, Any]) -> dict[str, Any]:
    """Return what `flipside.machine.receive` reads: all files, and which of them are news to Salt."""
    paths = SaltPaths(root, RUN)
    public = {str(path): _file(text, 0o644) for path, text in units.files(paths).items()}
    private = {str(path): _file(_json(value), 0o600) for path, value in salts(paths).items()}
    # Settings are read anew each time: nothing has to be restarted.
    quiet = {str(root / "etc/settings.json"): _file(_json(said), 0o600)}
    return {"news": str(root / "var/news"), "files": public | private, "quiet": quiet}


def salts(paths: SaltPaths) -> dict[PurePosixPath, dict[str, Any]]:
    """Return the content of the layout and of Salt's configuration, by the files' paths."""
    where = {"root": str(paths.root), "run": str(paths.run), "kind": "systemd"}
    grains = {"flipside": {**where, "user": USER}}
    return {
        paths.root / "etc/layout.json": where,
        paths.config_dir("master") / "master": master_config(paths, PORTS, USER),
        paths.config_dir("minion") / "minion": minion_config(paths, PORTS, USER, grains, PROVIDERS),
    }


def settings(platform: PlatformConfig, public_port: int) -> dict[str, Any]:
    """Return what the states and verbs read of .flipside-platform."""
    nginx = {"http_port": HTTP_PORT, "public_port": public_port}
    return platform.model_dump(include=SETTINGS) | {"nginx": nginx}


def _file(content: str, mode: int) -> dict[str, Any]:
    return {"content": content, "mode": mode}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=1)
