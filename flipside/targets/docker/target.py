"""The docker target: the container is the machine, and all of the platform is in it."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flipside.errors import MachineError
from flipside.targets.docker import boot, checks, commands, engine, images
from flipside.targets.docker.engine import BOOTSTRAP
from flipside.targets.kept import KEPT, arriving, data_folders
from flipside.targets.machines import made
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote
from flipside.targets.systemd.provision import provision

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Narrator


class Docker:
    """A platform in a container with a systemd of its own."""

    def __init__(self, platform: LoadedPlatform) -> None:
        self._platform = platform
        self.box = boot.box_of(platform)

    def bootstrap(self, narrator: Narrator) -> None:
        """Make the container and the platform in it, or finish making them."""
        with narrator.step("Image"):
            tag = images.ensure("machine", narrator.detail)
        with narrator.step("Container"):
            port = boot.up(self.box, tag)
        provision(self._inside(), self._platform, narrator, public_port=port)

    def machine(self, *, up: bool = True) -> Remote:
        """Return the container.

        Raises:
            MachineError: If there is none, if it is stopped, or if the platform in it was never
                made, or must be ``up`` and is not.
        """
        where = str(self._platform.path)
        if not self._container().running:
            raise MachineError("this platform's container is stopped", where, BOOTSTRAP)
        machine = self._inside()
        made.require(machine, where, up=up)
        return machine

    def _container(self) -> engine.Container:
        container = boot.found(self.box)
        if container is None:
            what = "this platform was never made"
            raise MachineError(what, str(self._platform.path), BOOTSTRAP)
        return container

    def _inside(self) -> Remote:
        return Remote(Container(self.box.name))

    def checks(self) -> list[dict[str, Any]]:
        """Return what can be checked of a platform that does not answer."""
        return checks.checks(self.box)

    def halt(self, narrator: Narrator) -> None:
        """Stop the container, if it runs."""
        container = self._container()
        if container.running:
            with narrator.step("Stop the container"):
                engine.run(commands.stop(self.box.name))

    def destroy(self, narrator: Narrator, *, keep_data: bool) -> PurePosixPath | None:
        """Remove the container; the apps' data is copied out of it first if ``keep_data``."""
        kept = None
        if boot.found(self.box):
            if keep_data:
                with narrator.step("Copy the data"):
                    kept = self._put_data_by()
            with narrator.step("Remove the container"):
                engine.run(commands.remove(self.box.name))
        return kept

    def _put_data_by(self) -> PurePosixPath | None:
        name = self.box.name
        engine.run(commands.start(name))
        folders = engine.run(commands.execute(name, data_folders())).splitlines()
        # Nobody writes while they are copied.
        engine.run(commands.stop(name))
        for folder in folders:
            with arriving(self.box.folder, folder) as fresh:
                engine.run(commands.copy_out(name, folder, fresh))
        return PurePosixPath(self.box.folder, KEPT) if folders else None
