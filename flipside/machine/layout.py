"""Where everything lies on a machine. Every name that becomes a path is checked here.

A name is matched as a whole, never by its beginning: `app1`, `app10` and `app1-x` are strangers.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flipside.errors import FlipsideError, MachineError

DEFAULT_ROOT = Path("/srv/flipside")
LOCAL, SYSTEMD = "local", "systemd"
SOCKET_PATH_MAX = 107
"""Bytes: ``sun_path`` holds 108, its closing NUL included (man 7 unix)."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,110}-[0-9a-f]{8}")


def check_label(kind: str, name: str) -> str:
    """Return ``name`` if it is a DNS label.

    Args:
        kind: What is named, for the message: ``app`` or ``environment``.
        name: The name to check.

    Raises:
        FlipsideError: If it is not one.
    """
    if _LABEL.fullmatch(name):
        return name
    raise FlipsideError(
        f"{name!r} is no name for an {kind}: it takes 1 to 63 lower-case letters, digits and"
        " hyphens, no hyphen first or last",
        next=f"choose another {kind} name",
    )


def is_release_id(text: str) -> bool:
    """Return whether a text is a version, a hyphen and 8 hex digits."""
    return _RELEASE.fullmatch(text) is not None


def check_release_id(release: str) -> str:
    """Return ``release`` if it is a version, a hyphen and 8 hex digits.

    Raises:
        FlipsideError: If it is not.
    """
    if is_release_id(release):
        return release
    raise FlipsideError(
        f"{release!r} is no release id: that is a version and 8 hex digits, as in 1.2-0a1b2c3d",
        next="flipside app.releases",
    )


def check_socket_path(path: Path) -> Path:
    """Return ``path`` if a Unix socket can be bound to it.

    Raises:
        FlipsideError: If it is longer than `SOCKET_PATH_MAX` bytes.
    """
    excess = len(os.fsencode(path)) - SOCKET_PATH_MAX
    if excess <= 0:
        return path
    raise FlipsideError(
        f"the socket's path is {excess} bytes longer than the {SOCKET_PATH_MAX} that Unix allows",
        where=str(path),
        next="set a shorter `runtime:` folder in .flipside-platform (such as /tmp/fs),"
        " or shorten the app's or the environment's name",
    )


@dataclass(frozen=True)
class Layout:
    """The paths of one machine.

    Args:
        root: What lasts: the store, the apps and their data.
        run: What a reboot may clear: sockets. Short, since socket paths are.
        kind: `LOCAL` (an ordinary user under supervisord) or `SYSTEMD` (root under systemd).
    """

    root: Path
    run: Path
    kind: str = LOCAL

    @classmethod
    def from_root(cls, root: Path) -> Layout:
        """Read ``etc/layout.json`` below ``root``.

        Raises:
            MachineError: If there is none, or it is not whole.
        """
        path = root / "etc/layout.json"
        try:
            found = json.loads(path.read_bytes())
            return cls(Path(found["root"]), Path(found["run"]), found.get("kind", LOCAL))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise MachineError(
                "this machine has no readable layout: it is no platform, or half of one",
                where=str(path),
                next="flipside platform.bootstrap",
            ) from error

    @classmethod
    def from_env(cls) -> Layout:
        """Read the layout of the root named by ``FLIPSIDE_ROOT``, else of ``/srv/flipside``."""
        return cls.from_root(Path(os.environ.get("FLIPSIDE_ROOT") or DEFAULT_ROOT))

    @property
    def is_local(self) -> bool:
        """Return whether an ordinary user runs all of it, under supervisord."""
        return self.kind == LOCAL

    @property
    def etc(self) -> Path:
        """Return the folder of configuration files."""
        return self.root / "etc"

    @property
    def log_socket(self) -> Path:
        """Return rsyslog's socket; with systemd in a folder that only nginx may enter."""
        return self.run / ("log.sock" if self.is_local else "rsyslog/log.sock")

    @property
    def memcached(self) -> Path:
        """Return memcached's socket; its folder is memcached's own."""
        return self.run / "memcached/sock"

    @property
    def log(self) -> Path:
        """Return the folder of the components' logs."""
        return self.root / "log"

    @property
    def cache(self) -> Path:
        """Return the folder of what can be made again; on the apps' filesystem, for hardlinks."""
        return self.root / "cache"

    @property
    def uv_cache(self) -> Path:
        """Return uv's cache folder."""
        return self.cache / "uv"

    @property
    def unpacked(self) -> Path:
        """Return the folder of unpacked, compiled wheels that releases are linked from."""
        return self.cache / "wheels"

    @property
    def store(self) -> Path:
        """Return the release store's folder."""
        return self.root / "store"

    @property
    def store_lock(self) -> Path:
        """Return the lock held shared by who adds to the store, alone by who collects it."""
        return self.store / "lock"

    @property
    def objects(self) -> Path:
        """Return the folder of the store's files, each in a folder named by its SHA-256."""
        return self.store / "objects"

    @property
    def incoming(self) -> Path:
        """Return the folder that uploads land in before they are checked."""
        return self.store / "incoming"

    @property
    def records(self) -> Path:
        """Return the folder of the deployment records."""
        return self.store / "records"

    @property
    def audit(self) -> Path:
        """Return the file that says who did what when."""
        return self.store / "audit.jsonl"

    @property
    def key(self) -> Path:
        """Return the file of the platform's private keys, which open its secrets."""
        return self.root / "etc/age.key"

    @property
    def readers(self) -> Path:
        """Return the list of the public keys that may open what is kept from here on."""
        return self.store / "readers.json"

    @property
    def backup(self) -> Path:
        """Return the folder of the backup agent's state: a copy of each database among it."""
        return self.root / "var/backup"

    @property
    def backup_settings(self) -> Path:
        """Return what the states say of backups."""
        return self.etc / "backup.json"

    @property
    def pillar(self) -> Path:
        """Return the pillar root of the sheets: those sent here, and those generated here."""
        return self.store / "pillar"

    def sheet(self, kind: str, app: str, env: str) -> Path:
        """Return the sheet of an environment's sealed secrets; kind: ``secrets`` or ``generated``."""
        folder = self.pillar / kind / check_label("app", app)
        return folder / f"{check_label('environment', env)}.sls"

    def manifests(self, app: str) -> Path:
        """Return the folder of an app's manifests."""
        return self.store / "manifests" / check_label("app", app)

    def manifest(self, app: str, release: str) -> Path:
        """Return the manifest of one release in the store."""
        return self.manifests(app) / f"{check_release_id(release)}.json"

    def tags(self, app: str) -> Path:
        """Return the file of an app's tags."""
        return self.store / "tags" / f"{check_label('app', app)}.json"

    def record(self, app: str, env: str) -> Path:
        """Return the deployment record of one environment."""
        return self.records / f"{self.unit(app, env)}.json"

    def unit(self, app: str, env: str) -> str:
        """Return ``<app>.<env>``: unmistakable, since neither holds a dot."""
        return f"{check_label('app', app)}.{check_label('environment', env)}"

    @property
    def apps(self) -> Path:
        """Return the folder of all apps."""
        return self.root / "apps"

    def environments(self) -> Iterator[tuple[str, str]]:
        """Yield app and environment of each that has a folder here, in order."""
        for folder in sorted(self.apps.glob("*/*")):
            app, env = folder.parent.name, folder.name
            if folder.is_dir() and _LABEL.fullmatch(app) and _LABEL.fullmatch(env):
                yield app, env

    def app_dir(self, app: str, env: str) -> Path:
        """Return the folder of one environment."""
        return self.apps / check_label("app", app) / check_label("environment", env)

    def releases(self, app: str, env: str) -> Path:
        """Return the folder of an environment's installed releases."""
        return self.app_dir(app, env) / "releases"

    def release(self, app: str, env: str, release: str) -> Path:
        """Return the folder of one installed release."""
        return self.releases(app, env) / check_release_id(release)

    def tree(self, app: str, env: str, release: str) -> Path:
        """Return the working directory of a release."""
        return self.release(app, env, release) / "tree"

    def venv(self, app: str, env: str, release: str) -> Path:
        """Return the virtual environment of a release."""
        return self.release(app, env, release) / "venv"

    def generations(self, app: str, env: str) -> Path:
        """Return the folder of an environment's generations."""
        return self.app_dir(app, env) / "generations"

    def generation(self, app: str, env: str, generation: int) -> Path:
        """Return the folder of one generation."""
        return self.generations(app, env) / str(int(generation))

    def current(self, app: str, env: str) -> Path:
        """Return the symlink to the generation that serves."""
        return self.app_dir(app, env) / "current"

    def data(self, app: str, env: str) -> Path:
        """Return the folder of what must outlive every release."""
        return self.app_dir(app, env) / "data"

    def home(self, app: str, env: str) -> Path:
        """Return the app's HOME."""
        return self.app_dir(app, env) / "home"

    def files(self, app: str, env: str) -> Path:
        """Return the symlink to the serving generation's config files."""
        return self.app_dir(app, env) / "files"

    def snapshots(self, app: str, env: str) -> Path:
        """Return the folder of copies of the data made before migrations."""
        return self.app_dir(app, env) / "snapshots"

    def lock(self, app: str, env: str) -> Path:
        """Return the deploy lock of one environment."""
        return self.app_dir(app, env) / "lock"

    def log_dir(self, app: str, env: str) -> Path:
        """Return the folder of one environment's logs."""
        return self.log / "apps" / self.unit(app, env)

    def run_dir(self, app: str, env: str) -> Path:
        """Return the folder of one environment's sockets."""
        return self.run / check_label("app", app) / check_label("environment", env)

    def socket(self, app: str, env: str, generation: int) -> Path:
        """Return the socket of one generation.

        Raises:
            FlipsideError: If its path is too long for a socket.
        """
        return check_socket_path(self.run_dir(app, env) / f"{int(generation)}.sock")

    def current_socket(self, app: str, env: str) -> Path:
        """Return the symlink that nginx talks to."""
        return check_socket_path(self.run_dir(app, env) / "current.sock")
