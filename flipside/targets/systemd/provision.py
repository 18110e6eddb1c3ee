"""A machine with systemd becomes a platform: step by step, and again after any cut."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from flipside.salt.client import call
from flipside.salt.highstate import apply
from flipside.secrets import exchange
from flipside.targets.machines.alone import alone
from flipside.targets.systemd import code, configuration, debian, preflight, salt_site, units

if TYPE_CHECKING:
    from flipside.config import LoadedPlatform
    from flipside.targets.base import Machine, Narrator
    from flipside.targets.machines.remote import Remote
    from flipside.targets.systemd.preflight import Facts

START = Path(__file__).with_name("start.sh")
# Apps run as users of their own and find their folders by themselves; the rest is root's alone.
OPEN = ("", "apps", "cache", "lib")
CLOSED = ("etc", "store", "var", "srv")


def provision(
    machine: Remote, platform: LoadedPlatform, narrator: Narrator, *, public_port: int = 80
) -> None:
    """Make a machine a platform, or finish making it.

    Args:
        machine: Every command on it runs as root.
        platform: What .flipside-platform says.
        narrator: Told what happens.
        public_port: The port that visitors use, where something leads it to port 80 of the machine.

    Raises:
        LockedError: If somebody else makes, upgrades or removes it.
        MachineError: If the machine is none for a platform, or a step failed.
    """
    with alone(machine):
        bring_salt(machine, platform, narrator, public_port=public_port)
        apply(machine, narrator)


def bring_salt(
    machine: Machine, platform: LoadedPlatform, narrator: Narrator, *, public_port: int
) -> None:
    """Bring a machine so far that its Salt answers; see `provision`."""
    with narrator.step("Machine"):
        facts = _checked(machine, narrator)
    if facts.missing:
        with narrator.step("Debian packages"):
            facts = _install(machine, facts, narrator)
    with narrator.step("Salt"):
        salt_site.install(machine, facts, narrator.detail)
    with narrator.step("States and code"):
        code.sync(machine, facts, platform.folder / "pillar")
    with narrator.step("Configuration"):
        for path in configuration.send(machine, platform.config, public_port):
            narrator.detail(path)
    with narrator.step("Secrets"):
        exchange.bring(machine, platform, narrator.detail)
    with narrator.step("Master and minion"):
        start(machine)


def _checked(machine: Machine, narrator: Narrator) -> Facts:
    facts = preflight.ask(machine, debian.NEEDED)
    preflight.refuse(facts, preflight.Limits())
    preflight.warn(facts, narrator.detail)
    machine.run(folders(machine.root))
    return facts


def _install(machine: Machine, facts: Facts, narrator: Narrator) -> Facts:
    debian.install(machine, facts.missing, narrator.detail)
    if facts.python:
        return facts
    facts = preflight.ask(machine, debian.NEEDED)
    preflight.refuse(facts, preflight.Limits())
    return facts


def folders(root: PurePosixPath) -> list[str]:
    """Return the command that makes the platform's folders with the modes that they shall have."""
    make = "mkdir -p -m 0755 {open} && mkdir -p -m 0700 {closed} && mkdir -p -m 0750 {log}"
    modes = "chmod 0755 {open} && chmod 0700 {closed} && chmod 0750 {log}"
    named = {
        "open": " ".join(str(root / name) for name in OPEN),
        "closed": " ".join(str(root / name) for name in CLOSED),
        "log": f"{root}/log",
    }
    return ["sh", "-c", f"{make} && {modes}".format(**named)]


def start(machine: Machine) -> None:
    """Bring Salt up with what is new, and wait until it answers.

    Raises:
        MachineError: If it does not.
    """
    call(machine, "keys")
    argv = ["sh", "-s", str(machine.root), *map(units.name, units.ROLES)]
    news = "news" in machine.run(argv, stdin=START.read_bytes()).splitlines()
    call(machine, "wait_for_minion", sync=news)
    if news:
        machine.run(["rm", "-f", f"{machine.root}/var/news"])
