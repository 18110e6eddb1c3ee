"""The files of a local platform: its folders, its code and states, its configuration."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flipside.errors import FlipsideError, MachineError
from flipside.salt import bundle
from flipside.salt.config import SaltPaths, master_config, minion_config
from flipside.targets.local import supervisor
from flipside.targets.machines.here import Here

if TYPE_CHECKING:
    from flipside.config import PlatformConfig

PROVIDERS = {"service": "supervisord"}
# The keys of .flipside-platform that the states read.
SETTINGS = {"domain", "highstate_minutes", "keep"}
FOLDERS = (
    "apps",
    "etc/supervisor/apps",
    "etc/supervisor/programs",
    "lib",
    "log/apps",
    "srv",
    "store",
    "var",
)
# Longest socket below the runtime folder: Salt's, 49 characters; AF_UNIX ends at 107 (unix(7)).
LONGEST_SOCKET = 49
SOCKET_LIMIT = 107


def runtime(root: Path) -> Path:
    """Return the runtime folder of a platform that does not choose one: short, and its own."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    return Path(f"/tmp/flipside-{os.getuid()}-{digest}")  # noqa: S108 - owner and mode are checked


@dataclass(frozen=True)
class LocalFiles:
    """What lies below the root and the runtime folder of one local platform."""

    root: Path
    run: Path

    def refuse_bad_paths(self) -> None:
        """Raise FlipsideError if a path has a character, or a length, that cannot work."""
        for path in (self.root, self.run):
            if not re.fullmatch(r"[\w/.+@=-]+", str(path)):
                what = "the folder's path has a character that nginx or Salt would trip over"
                advice = "use a path of letters, digits and / . _ - + @ ="
                raise FlipsideError(what, str(path), advice)
        if len(os.fsencode(self.run)) + LONGEST_SOCKET > SOCKET_LIMIT:
            what = f"sockets in the runtime folder would have paths over {SOCKET_LIMIT} bytes"
            raise FlipsideError(
                what, str(self.run), "set a shorter `runtime:` in .flipside-platform"
            )

    def make_folders(self) -> None:
        """Make every folder, closed to other users.

        Raises:
            MachineError: If the runtime folder belongs to somebody else.
        """
        for name in FOLDERS:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.run.is_symlink() or self.run.stat().st_uid != os.getuid():
            advice = "set another `runtime:` in .flipside-platform"
            raise MachineError("the runtime folder is somebody else's", str(self.run), advice)
        self.run.chmod(0o700)
        for name in ("master", "minion", "memcached"):
            (self.run / name).mkdir(exist_ok=True)
        layout = {"root": str(self.root), "run": str(self.run)}
        write(self.root / "etc/layout.json", json.dumps(layout))

    def sync(self, here: Here, own_pillar: Path) -> bool:
        """Bring states, pillar and machine code up to date; return whether anything was not."""
        with tempfile.TemporaryDirectory(dir=self.root / "var") as temporary:
            digest = bundle.make(Path(temporary), own_pillar)
            stamp = self.root / "srv/bundle.sha256"
            whole = stamp.exists() and _has_all(self.root, Path(temporary))
            if whole and stamp.read_text() == digest:
                return False
            for part in ("lib", "srv"):
                here.put(Path(temporary) / part, PurePosixPath(self.root / part))
            write(stamp, digest)
        return True

    def configure(self, platform: PlatformConfig, ports: dict[str, int]) -> bool:
        """Write the configuration of Salt and supervisord; return whether it changed."""
        paths = SaltPaths(PurePosixPath(self.root), PurePosixPath(self.run))
        user = getpass.getuser()
        minion = minion_config(paths, ports, user, self._grains(user), PROVIDERS)
        salt = self.root / "etc/salt"
        changed = [
            # JSON is YAML, too, and needs no library to be written.
            _write_json(salt / "master/master", master_config(paths, ports, user)),
            _write_json(salt / "minion/minion", minion),
            write(self.root / "etc/supervisor/supervisord.conf", supervisor.config(paths)),
        ]
        settings = platform.model_dump(include=SETTINGS) | {"nginx": {"http_port": ports["http"]}}
        _write_json(self.root / "etc/settings.json", settings)
        return any(changed)

    def _grains(self, user: str) -> dict[str, Any]:
        socket = str(self.run / "supervisor.sock")
        paths = {"root": str(self.root), "run": str(self.run), "supervisor": socket}
        return {"flipside": {"kind": "local", "user": user, **paths}}


def _has_all(folder: Path, example: Path) -> bool:
    """Return whether a folder has every file that the example has; half of one may be gone."""
    files = (path for path in example.rglob("*") if path.is_file())
    return all((folder / path.relative_to(example)).is_file() for path in files)


def _write_json(path: Path, value: dict[str, Any]) -> bool:
    return write(path, json.dumps(value, indent=1))


def write(path: Path, content: str) -> bool:
    """Write a file of 0600 atomically; return whether it changed."""
    if path.exists() and path.read_text() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(content)
    temporary.chmod(0o600)
    temporary.replace(path)
    return True
