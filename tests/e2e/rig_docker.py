"""A real platform in a container, with a systemd of its own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import time
from pathlib import Path, PurePosixPath
from typing import Any

from e2e.rig import AnyPlatform, App, Done

from flipside.config import load_platform
from flipside.targets.docker import boot, commands, engine

SALT = ("/srv/flipside/venv/bin/salt", "-c", "/srv/flipside/etc/salt/master", "--out=json", "*")


class DockerPlatform(AnyPlatform):
    """A platform in a container; `root` and what is below it are paths in there."""

    target = "docker"
    root = PurePosixPath("/srv/flipside")

    def __init__(self, folder: Path, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._port = 0

    def __truediv__(self, path: str) -> PurePosixPath:
        """A path below its root."""
        return self.root / path

    @property
    def box(self) -> boot.Box:
        """Its container, there or not; once there is a `.flipside-platform`."""
        return boot.box_of(load_platform(self.folder / ".flipside-platform"))

    @property
    def port(self) -> int:
        """The web server's on this machine, also when the platform is no more."""
        if found := boot.found(self.box):
            self._port = found.port
        return self._port

    def sh(self, command: str, *, stdin: str = "", timeout: float = 120) -> Done:
        """Run a shell's command in the container as root, whatever it does."""
        begun = time.monotonic()
        argv = ["docker", "exec", "-i", self.box.name, "sh", "-c", command]
        done = subprocess.run(
            argv, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        return Done(argv, done.returncode, done.stdout, done.stderr, time.monotonic() - begun)

    def salt(self, *words: str) -> Any:
        """Run Salt's own command line against the minion; its answer from JSON."""
        found: Any = next(iter(self.sh(shlex.join([*SALT, *words])).json.values()))
        return found

    def restart(self) -> None:
        """Restart the machine."""
        engine.run(commands.stop(self.box.name))
        engine.run(commands.start(self.box.name))

    def has(self, app: App) -> bool:
        """Whether it has a folder for the app."""
        return self.sh(f"test -e {app.place()}").status == 0

    def destroy(self) -> None:
        """Destroy it, and see that no container is left."""
        if (self.folder / ".flipside-platform").exists():
            box = self.box
            self.flipside("platform.destroy", "--yes", "--data", timeout=180)
            left = engine.run(commands.of_folder(box.folder))
            assert not left, left
        shutil.rmtree(self.folder)
