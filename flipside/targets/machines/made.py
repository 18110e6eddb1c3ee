"""Whether a systemd machine was made a platform, and whether that runs: asked in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flipside.errors import MachineError

if TYPE_CHECKING:
    from flipside.targets.base import Machine

BOOTSTRAP = "flipside platform.bootstrap"
UNITS = ("flipside-salt-master", "flipside-salt-minion")
_STATE = """\
root=$0
[ -e "$root/etc/layout.json" ] || exit 0
echo made
systemctl is-active "$@" || true
"""


@dataclass(frozen=True)
class State:
    """What a machine says of the platform on it.

    Attributes:
        made: Whether it was made.
        units: What systemd says of Salt's units, by name: `active`, or something else.
    """

    made: bool
    units: dict[str, str]

    @property
    def down(self) -> list[str]:
        """Return the units that do not run."""
        return [name for name, state in self.units.items() if state != "active"]


def command(root: str, units: Sequence[str] = UNITS) -> list[str]:
    """Return the command that prints the state."""
    return ["sh", "-c", _STATE, root, *units]


def state(machine: Machine) -> State:
    """Return the state. Raises MachineError if the machine does not answer."""
    made, *said = machine.run(command(str(machine.root))).split() or [""]
    return State(bool(made), dict(zip(UNITS, said, strict=False)))


def require(machine: Machine, where: str, *, up: bool) -> None:
    """Refuse a machine that cannot be worked on.

    Args:
        machine: The machine.
        where: The platform's file, for the error.
        up: Whether the platform has to run.

    Raises:
        MachineError: The platform was never made, or has to be up and is not.
    """
    found = state(machine)
    if not found.made:
        raise MachineError("this platform was never made", where, BOOTSTRAP)
    # One of the two may be on its way back: what needs it says so itself.
    if up and len(found.down) == len(UNITS):
        raise MachineError("this platform is not running", where, BOOTSTRAP)
