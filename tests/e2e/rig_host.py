"""A real platform on a machine that ssh reaches: a fresh Debian in a container."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import Any

from e2e.rig import AnyPlatform, App
from functional.box import Box

from flipside.targets.docker import engine


class HostPlatform(AnyPlatform):
    """A platform on a box, which a user who is not root bootstraps through sudo."""

    target = "host"
    root = PurePosixPath("/srv/flipside")

    def __init__(self, folder: Path, box: Box) -> None:
        identity = str(box.known.identity)
        super().__init__(folder, host=f"carl@{box.ip}", identity=identity)
        self.box = box

    @property
    def port(self) -> int:
        """The web server's, as this machine reaches it."""
        return int(engine.run(["docker", "port", self.box.name, "80"]).strip().rpartition(":")[2])

    def __truediv__(self, path: str) -> PurePosixPath:
        """A path below its root."""
        return self.root / path

    def sh(self, command: str) -> str:
        """Run a shell's command on the machine as root, behind ssh's back."""
        return self.box.sh(command)

    def has(self, app: App) -> bool:
        """Whether it has a folder for the app."""
        return bool(self.sh(f"ls -d {app.place()} 2>/dev/null || true"))

    def destroy(self) -> Any:
        """Destroy it with its data, and the folder here."""
        done = self.flipside.run("platform.destroy", "--yes", "--data", timeout=300)
        shutil.rmtree(self.folder)
        assert done.status == 0, str(done)
        return done
