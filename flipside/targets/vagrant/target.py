"""The vagrant target: Vagrant makes the machine, and ssh reaches it as any other."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flipside.errors import MachineError
from flipside.targets.docker import images
from flipside.targets.host.checks import checks
from flipside.targets.machines import made
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.ssh import Ssh
from flipside.targets.systemd.provision import provision
from flipside.targets.vagrant import box, data

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Narrator


class Vagrant:
    """A platform on a machine of Vagrant's."""

    def __init__(self, platform: LoadedPlatform) -> None:
        self._platform = platform
        self._box = box.box_of(platform)

    @cached_property
    def _remote(self) -> Remote:
        return Remote(Ssh(self._box.address))

    def bootstrap(self, narrator: Narrator) -> None:
        """Make the machine and the platform on it, or finish making them."""
        if self._box.provider == box.DOCKER:
            with narrator.step("Image"):
                images.ensure("vagrant", narrator.detail)
        with box.described(self._box, self._platform) as port:
            self._up(narrator)
        provision(self._remote, self._platform, narrator, public_port=port)

    def _up(self, narrator: Narrator) -> None:
        with narrator.step(f"Vagrant's machine ({self._box.provider})"):
            for line in box.up(self._box):
                narrator.detail(line)

    def machine(self, *, up: bool = True) -> Remote:
        """Return the machine.

        Raises:
            MachineError: It is out of reach, or the platform on it was never made, or it must be
                ``up`` and is not.
        """
        where = str(self._platform.path)
        self._require_made()
        try:
            made.require(self._remote, where, up=up)
        except MachineError as error:
            if error.where == where:
                raise
            what = f"Vagrant's machine does not answer: {error.what}"
            raise MachineError(what, where, made.BOOTSTRAP) from None
        return self._remote

    def _require_made(self) -> None:
        if not self._box.was_up:
            what = "this platform was never made"
            raise MachineError(what, str(self._platform.path), made.BOOTSTRAP)

    def checks(self) -> list[dict[str, Any]]:
        """Return what can be checked of a platform that does not answer."""
        found: dict[str, Any] = {"name": "vagrant", "ok": False, "next": made.BOOTSTRAP}
        try:
            state = box.state(self._box) if self._box.was_up else "not_created"
        except MachineError as error:
            return [found | {"detail": error.what, "next": error.next}]
        if state != "running":
            return [found | {"detail": state}]
        return [found | {"ok": True, "detail": state, "next": None}, *checks(self._remote)]

    def halt(self, narrator: Narrator) -> None:
        """Stop the machine, if it runs."""
        self._require_made()
        with narrator.step("Stop the machine"):
            box.halt(self._box)

    def destroy(self, narrator: Narrator, *, keep_data: bool) -> PurePosixPath | None:
        """Remove the machine; the apps' data is copied from it first if ``keep_data``."""
        kept = None
        if self._box.was_up and keep_data:
            self._up(narrator)
            with narrator.step("Copy the data"):
                kept = data.fetch(self._remote, self._platform.folder.resolve())
        if self._box.folder.exists():
            with narrator.step("Remove the machine"):
                box.destroy(self._box)
        return kept
