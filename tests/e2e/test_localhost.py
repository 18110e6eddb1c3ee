"""A platform on the very machine that flipside is typed on, as its root: no ssh in between."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from e2e.rig import TOP
from functional import systemd_machine

from flipside.targets.docker import engine
from flipside.targets.systemd import preflight, salt_site

FLIPSIDE = Path(sys.executable).with_name("flipside")


def test_a_bare_machine_becomes_a_platform_of_its_own(machine_image: Callable[[str], str]) -> None:
    """A fresh Debian with a checkout on it: made, used, and taken back again."""
    with systemd_machine.started(machine_image("host")) as box:
        facts = preflight.parse("python={}.{}\narch=amd64\n".format(*sys.version_info[:2]))
        packed = salt_site.archive(facts)
        copy(box.name, TOP, TOP)
        copy(box.name, Path(sys.prefix), Path(sys.prefix))
        copy(box.name, packed, Path("/root/.cache/flipside/salt", packed.name))
        before = box.sh("ls /etc/systemd/system; ls /srv")

        flipside(box, "/root/platform", "platform.bootstrap --host localhost")
        assert "running" in flipside(box, "/root/platform", "platform.status")
        assert "everything is as it should be" in flipside(box, "/root/platform", "platform.doctor")
        said = box.sh("echo 'pwd; id -u' | (cd /root/platform && " + f"{FLIPSIDE} platform.ssh)")
        assert said.split() == ["/srv/flipside", "0"]
        flipside(box, "/root/platform", "platform.destroy --yes --data")
        assert box.sh("ls /etc/systemd/system; ls /srv") == before


def copy(name: str, source: Path, target: Path) -> None:
    engine.run(["docker", "exec", name, "mkdir", "-p", str(target.parent)])
    engine.run(["docker", "exec", name, "rm", "-rf", str(target)])
    engine.run(["docker", "cp", str(source), f"{name}:{target}"])


def flipside(box: systemd_machine.Box, folder: str, words: str) -> str:
    return box.sh(f"mkdir -p {folder} && cd {folder} && {FLIPSIDE} {words} 2>&1")
