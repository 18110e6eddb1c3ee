"""Debian packages on a machine with systemd: installed without a word from their daemons, and noted."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flipside.errors import MachineError
from flipside.targets.packages import SCRIPT

if TYPE_CHECKING:
    from flipside.targets.base import Machine, Narrate

NEEDED = (
    "python3-venv",
    "nginx",
    "memcached",
    "rsyslog",
    "logrotate",
    "nftables",
    "unattended-upgrades",
    "systemd-timesyncd",
)


def noted(root: PurePosixPath) -> PurePosixPath:
    """Return the file that lists, one per line, the packages that a bootstrap brought."""
    return root / "var/packages"


def command(root: PurePosixPath, packages: Sequence[str]) -> list[str]:
    """Return the command that `install-packages.sh` is piped to."""
    return ["env", f"FLIPSIDE_PACKAGES={noted(root)}", "sh", "-s", *packages]


def install(machine: Machine, packages: Sequence[str], narrate: Narrate) -> None:
    """Install packages with apt, telling each of them as it is set up.

    Raises:
        MachineError: If apt cannot, with its last lines.
    """
    last: deque[str] = deque(maxlen=8)

    def follow(line: str) -> None:
        last.append(line)
        # Of the packages that these need there are dozens.
        if line.startswith("Setting up ") and line.split()[2] in packages:
            narrate(line.removesuffix(" ..."))

    argv = command(machine.root, packages)
    try:
        machine.run(argv, stdin=SCRIPT.read_bytes(), on_line=follow)
    except MachineError as error:
        said = "\n".join(f"    {line}" for line in [*last, *error.what.splitlines()])
        what = f"apt did not install {', '.join(packages)}\n{said}"
        raise MachineError(what, "apt-get", f"apt-get install {' '.join(packages)}") from None
