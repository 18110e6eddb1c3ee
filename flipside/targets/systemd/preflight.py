"""What a machine is, asked in one round trip before anything is touched, and what speaks against it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from flipside.errors import MachineError

if TYPE_CHECKING:
    from flipside.targets.base import Machine, Narrate

SCRIPT = Path(__file__).with_name("facts.sh")
HTTP_PORT = 80
# What the machine's code is written for; Debian 12 has 3.11, Ubuntu 24.04 has 3.12.
PYTHON = (3, 11)
# glibc that the wheels of Salt's lock are built for, manylinux_2_28.
LIBC = (2, 28)
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
CLOCK_SECONDS = 300
BOOTSTRAP = "flipside platform.bootstrap"


@dataclass(frozen=True)
class Limits:
    """The least that a machine must have, in KiB.

    Attributes:
        memory: Salt takes 250 MB, and a machine that is sold with 512 MB shows some 460.
        fresh_disk: Packages and Salt take 600 MB; releases and the journal want as much again.
        made_disk: An upgrade of Salt lays the new one beside the old.
    """

    memory: int = 440 * 1024
    fresh_disk: int = 2 * 1024**2
    made_disk: int = 500 * 1024


@dataclass(frozen=True)
class Facts:
    """What `facts.sh` found.

    Attributes:
        values: Its answers by key; one that has nothing to say is absent.
        missing: Debian packages that are not installed.
    """

    values: dict[str, str]
    missing: tuple[str, ...]

    def get(self, key: str) -> str:
        """Return an answer, empty if there is none."""
        return self.values.get(key, "")

    @property
    def python(self) -> str:
        """Return the minor version of the machine's Python as ``3.11``, empty without one."""
        return self.get("python")

    @property
    def architecture(self) -> str:
        """Return the architecture as wheels name it, ``x86_64`` or ``aarch64``."""
        return ARCHITECTURES[self.get("arch")]


def parse(output: str) -> Facts:
    """Return the facts in what `facts.sh` printed; other lines are passed over."""
    pairs = [line.partition("=")[::2] for line in output.splitlines() if "=" in line]
    values = {key: value.strip() for key, value in pairs if value.strip() and key != "missing"}
    return Facts(values, tuple(value for key, value in pairs if key == "missing"))


def command(root: PurePosixPath, packages: Sequence[str]) -> list[str]:
    """Return the command that `facts.sh` is piped to."""
    return ["sh", "-s", str(root), str(HTTP_PORT), *packages]


def ask(machine: Machine, packages: Sequence[str]) -> Facts:
    """Return the facts of a machine.

    Args:
        machine: The machine.
        packages: Debian packages that it shall have.
    """
    argv = command(machine.root, packages)
    return parse(machine.run(argv, stdin=SCRIPT.read_bytes()))


def refuse(facts: Facts, limits: Limits) -> None:
    """Tell everything that speaks against a machine.

    Raises:
        MachineError: If anything does.
    """
    found = [*system_problems(facts), *size_problems(facts, limits)]
    if found:
        raise MachineError(
            "\n".join(found), facts.get("hostname"), f"see to that, then {BOOTSTRAP}"
        )


def system_problems(facts: Facts) -> Iterator[str]:
    """Yield why a platform cannot run on a machine's operating system, one line each."""
    if facts.get("user") != "0":
        yield "commands do not run as root here"
    if "debian" not in facts.get("os").split() or not facts.get("apt"):
        name = facts.get("name") or "an unknown system"
        yield f"this is {name}: take Debian 12 or later, or Ubuntu 24.04 or later"
        return
    if not facts.get("systemd"):
        yield "systemd is not process 1: take a machine that is booted by it"
    if facts.get("arch") not in ARCHITECTURES:
        yield f"the architecture is {facts.get('arch')}: take amd64 or arm64"
    if _version(facts.get("libc").removeprefix("glibc ")) < LIBC:
        yield f"the C library is {facts.get('libc')}: Salt's wheels want glibc 2.28"
    if facts.python and _version(facts.python) < PYTHON:
        wanted = "3.11, as in Debian 12 and Ubuntu 24.04"
        yield f"Python is {facts.python}: Flipside wants {wanted}"


def _span(seconds: float) -> str:
    units = (("days", 86400), ("hours", 3600), ("minutes", 60))
    return next(f"{seconds / size:.0f} {name}" for name, size in units if seconds >= 2 * size)


def size_problems(facts: Facts, limits: Limits) -> Iterator[str]:
    """Yield what a machine has too little of, or has given away, one line each."""
    memory, disk = int(facts.get("memory") or 0), int(facts.get("disk") or 0)
    if memory < limits.memory:
        yield f"{memory // 1024} MB of memory: {limits.memory // 1024} MB are the least"
    least = limits.made_disk if facts.get("venv") else limits.fresh_disk
    if disk < least:
        yield f"{disk // 1024} MB are free on the disk of /srv: {least // 1024} MB are the least"
    listener = facts.get("listener")
    if listener and "(flipside-" not in listener:
        yield f"port {HTTP_PORT} is taken by {listener}: stop it, and keep it from coming back"


def warn(facts: Facts, narrate: Narrate, now: float | None = None) -> None:
    """Tell what is odd about a machine, but hinders nothing.

    Args:
        facts: Its facts.
        narrate: Told line by line.
        now: The time here, in seconds since the epoch.
    """
    off = int(facts.get("clock") or 0) - (time.time() if now is None else now)
    if abs(off) > CLOCK_SECONDS:
        side = "ahead" if off > 0 else "behind"
        narrate(f"warning: its clock is {_span(abs(off))} {side} of the one here")
    if facts.get("apt_busy") and facts.missing:
        narrate("another apt or dpkg is at work there: its end is waited for, at most 10 minutes")


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
