"""Take a platform off a machine with systemd: what was there before stays, and so may apps' data."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from flipside.targets.machines.alone import alone
from flipside.targets.systemd import debian
from flipside.targets.systemd.configuration import RUN

if TYPE_CHECKING:
    from flipside.targets.base import Machine, Narrate, Narrator
    from flipside.targets.machines.remote import Remote

KEPT = PurePosixPath("/srv/flipside-data")
_FOLDER = Path(__file__).parent


def remove(machine: Remote, narrator: Narrator, *, keep_data: bool) -> PurePosixPath | None:
    """Remove the platform; return where apps' data was put, if any was.

    A removal that was cut is finished by the next one.

    Args:
        machine: Every command on it runs as root.
        narrator: Told what happens.
        keep_data: Whether apps' data is kept, out of the platform's way.

    Raises:
        LockedError: If somebody else makes, upgrades or removes it.
        MachineError: If something cannot be stopped or removed.
    """
    with alone(machine):
        with narrator.step("Stop the services"):
            _pipe(machine, "stop.sh")
        with narrator.step("Remove the Debian packages"):
            _purge(machine, narrator.detail)
        with narrator.step("Remove the files"):
            kept = [str(KEPT)] if keep_data else []
            said = _pipe(machine, "clear.sh", str(machine.root), str(RUN), *kept)
    return KEPT if f"kept={KEPT}" in said else None


def _purge(machine: Machine, narrate: Narrate) -> None:
    said = _pipe(machine, "purge.sh", str(debian.noted(machine.root)))
    for line in said:
        # Of the packages that these needed there are dozens.
        if line.startswith("Removing ") and line.split()[1] in debian.NEEDED:
            narrate(line.removesuffix(" ..."))
    needed = [line.removeprefix("needed=") for line in said if line.startswith("needed=")]
    if needed:
        narrate(f"the packages stay: {', '.join(needed)} would go with them")


def _pipe(machine: Machine, script: str, *words: str) -> list[str]:
    argv = ["sh", "-s", "--", *words]
    return machine.run(argv, stdin=(_FOLDER / script).read_bytes()).splitlines()
