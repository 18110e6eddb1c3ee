"""The target `host`: a machine of one's own, with systemd, that ssh reaches."""

from __future__ import annotations

import socket
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flipside.errors import MachineError
from flipside.targets.host.checks import checks
from flipside.targets.machines import made
from flipside.targets.machines.own import Own
from flipside.targets.machines.remote import Remote
from flipside.targets.machines.ssh import Address, Ssh
from flipside.targets.systemd.provision import provision
from flipside.targets.systemd.removal import remove

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Narrator

KNOWN_HOSTS = ".flipside-known-hosts"
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Host:
    """A platform on a machine that ssh reaches, or on this very machine as its root."""

    def __init__(self, platform: LoadedPlatform) -> None:
        self._platform = platform

    def machine(self, *, up: bool = True) -> Remote:
        """Return the machine.

        Raises:
            MachineError: It is out of reach, or the platform on it was never made, or it must be
                ``up`` and is not.
        """
        made.require(self._remote, str(self._platform.path), up=up)
        return self._remote

    def checks(self) -> list[dict[str, Any]]:
        """Return what can be checked of a platform that does not answer."""
        return checks(self._remote)

    def bootstrap(self, narrator: Narrator) -> None:
        """Make the platform, or finish making it."""
        with narrator.step(f"Connect to {self._platform.config.host}"):
            self._remote.run(["true"])
        provision(self._remote, self._platform, narrator)

    def halt(self, narrator: Narrator) -> None:  # noqa: ARG002 - other targets tell their steps
        """Refuse: the machine is its owner's, and nothing here could start it again."""
        what = "the machine is yours, and nothing here could start it again"
        advice = "flipside platform.ssh, and there: systemctl poweroff"
        raise MachineError(what, self._platform.config.host, advice)

    def destroy(self, narrator: Narrator, *, keep_data: bool) -> PurePosixPath | None:
        """Remove the platform; the machine, and with ``keep_data`` the apps' data on it, stay."""
        return remove(self._remote, narrator, keep_data=keep_data)

    @cached_property
    def _remote(self) -> Remote:
        config = self._platform.config
        if is_here(config.host or "", config.port):
            return Remote(Own())
        return Remote(Ssh(address(self._platform)))


def is_here(host: str, port: int | None) -> bool:
    """Return whether a host is this very machine: not where a user or a port says that ssh is meant."""
    return port is None and host in _LOOPBACK | {socket.gethostname(), socket.getfqdn()}


def address(platform: LoadedPlatform) -> Address:
    """Return where ssh finds the platform's machine.

    Raises:
        MachineError: There is no such key as `identity` says.
    """
    config = platform.config
    identity = config.identity and platform.folder / Path(config.identity).expanduser()
    if identity and not identity.is_file():
        advice = "correct `identity:`, or make the key: ssh-keygen -t ed25519"
        raise MachineError(f"there is no key {identity}", str(platform.path), advice)
    known_hosts = platform.folder.resolve() / KNOWN_HOSTS
    return Address(config.host or "", known_hosts, config.port, identity or None)
