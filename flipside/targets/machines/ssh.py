"""The way to a machine by the system's own OpenSSH: its options, its one connection for all commands.

Options: ssh_config(5). The user's configuration, agent and jump hosts stay in force.
"""

from __future__ import annotations

import hashlib
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flipside.errors import MachineError
from flipside.targets.machines import sudo
from flipside.targets.machines.refused import refused
from flipside.targets.machines.sockets import sockets
from flipside.targets.terminal import has_terminal

# Seconds that a connection outlives its last command.
PERSIST = 60
# ssh ends with 255 when a signal ends its command; a shell that outlives it says which, as 128 and more.
_OUTLIVING = ["sh", "-c", 'trap : INT; "$@"; exit $?', "sh"]


@dataclass(frozen=True)
class Address:
    """Where a machine is, and what opens it.

    Attributes:
        host: ``user@address``, an address, or an alias of ssh's configuration.
        known_hosts: The file with the keys of hosts that were seen before; made when needed.
        port: ssh's port, if another than the configuration's.
        identity: A private key, if others than the configuration's and the agent's.
        config: A configuration to read in place of the user's.
    """

    host: str
    known_hosts: Path
    port: int | None = None
    identity: Path | None = None
    config: Path | None = None

    def __str__(self) -> str:
        return f"{self.host} port {self.port}" if self.port else self.host


def options(address: Address) -> list[str]:
    """Return ssh's options for an address, whatever the command is."""
    known = str(address.known_hosts).replace("%", "%%")
    given = {
        "UserKnownHostsFile": f'"{known}"',
        "StrictHostKeyChecking": "accept-new",
        "ConnectTimeout": "10",
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "3",
        "ClearAllForwardings": "yes",
        "ForwardX11": "no",
        "RemoteCommand": "none",
        "LogLevel": "INFO",  # its messages tell what is wrong
    }
    found = [*(["-F", str(address.config)] if address.config else [])]
    found += ["-p", str(address.port)] if address.port else []
    found += ["-i", str(address.identity), "-o", "IdentitiesOnly=yes"] if address.identity else []
    return [*found, *(word for key, value in given.items() for word in ("-o", f"{key}={value}"))]


def control(address: Address, folder: Path) -> list[str]:
    """Return the option that names the connection's socket: an address's own, in a folder."""
    digest = hashlib.sha256(repr(address).encode()).hexdigest()[:12]
    return ["-o", f"ControlPath={folder}/{digest}-%C"]


class Ssh:
    """A machine that ssh reaches: connected once, in the foreground, where ssh can ask its user.

    Attributes:
        name: What the machine is called, for people.
    """

    def __init__(self, address: Address) -> None:
        self.name = str(address)
        self._address = address
        self._root: sudo.Root | None = None
        self._used = 0.0

    def root(self) -> sudo.Root:
        """Connect where there is no connection any more; return how commands become root's.

        Raises:
            MachineError: The machine is out of reach, or root is, or there is no Python.
        """
        if self._root is None or time.monotonic() - self._used > PERSIST / 2:
            self._root = self._connect()
        self._used = time.monotonic()
        return self._root

    def lead(self, argv: Sequence[str]) -> list[str]:
        """Return the local command that runs a command there, and asks its user for nothing."""
        return self._ssh(["-T", "-o", "BatchMode=yes"], argv)

    def attach(self, argv: Sequence[str]) -> int:
        """Run a command as root on this terminal, if it is one; return its exit status."""
        become = ["sudo", "--"] if self.root().before else []
        terminal = "-t" if sys.stdin.isatty() and sys.stdout.isatty() else "-T"
        local = self._ssh([terminal], [*become, *_OUTLIVING, *argv])
        return subprocess.run(local, check=False).returncode

    def refused(self, said: str) -> MachineError:
        """Return the error for what ssh said of a command that never started."""
        return refused(self._address, said)

    def _ssh(self, more: Sequence[str], argv: Sequence[str]) -> list[str]:
        address = self._address
        given = [*options(address), *control(address, sockets()), *more]
        return ["ssh", *given, "--", address.host, shlex.join(argv)]

    def _connect(self) -> sudo.Root:
        lasting = ["-T", "-o", "ControlMaster=auto", "-o", f"ControlPersist={PERSIST}"]
        unasked = [] if has_terminal() else ["-o", "BatchMode=yes"]
        argv = self._ssh([*lasting, *unasked], sudo.FACTS)
        # A file: the connection that stays would keep a pipe open.
        with tempfile.TemporaryFile() as errors:
            output = _output(argv, errors)
            errors.seek(0)
            said = errors.read().decode(errors="replace")
        found = self._root or sudo.root(output, self.name, self.lead)
        if found is None or not output:
            raise self.refused(f"{said}\n{output}")
        return found


def _output(argv: Sequence[str], errors: IO[bytes]) -> str:
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, check=False
        )
    except FileNotFoundError:
        hint = "sudo apt-get install openssh-client"
        raise MachineError("there is no ssh client on this computer", "PATH", hint) from None
    return done.stdout.decode(errors="replace")
