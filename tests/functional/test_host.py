"""The target `host` on a real machine with sshd and systemd; what is made on it is in tests/e2e."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest
from functional import box as boxes
from functional.box import Box

import flipside
from flipside.config import load_platform
from flipside.errors import MachineError
from flipside.targets import target_of
from flipside.targets.base import Target
from flipside.targets.machines.made import UNITS

# Salt's stand-ins: what counts here is what systemd says of them.
UNIT = "[Service]\nExecStart=/bin/sleep infinity\n"
OWN = """\
from flipside.targets.machines.own import Own
from flipside.targets.machines.remote import Remote
print(Remote(Own()).run(["sh", "-c", "id -un; cat"], stdin=b"ours"))
"""


@pytest.fixture(scope="module")
def box(
    machine_image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Box]:
    with boxes.running(machine_image("host"), tmp_path_factory.mktemp("box")) as running:
        yield running


@pytest.fixture
def host(box: Box, tmp_path: Path) -> Iterator[Target]:
    path = tmp_path / ".flipside-platform"
    identity = box.known.identity
    path.write_text(f"target: host\nhost: carl@{box.ip}\nidentity: {identity}\n")
    yield target_of(load_platform(path))
    box.sh("rm -rf /srv/flipside /etc/systemd/system/flipside-*; systemctl daemon-reload")


def make(box: Box) -> None:
    box.sh("mkdir -p /srv/flipside/etc; touch /srv/flipside/etc/layout.json")
    for name in UNITS:
        box.sh(f'printf "$0" >/etc/systemd/system/{name}.service', UNIT)
    box.sh(f"systemctl daemon-reload; systemctl start {' '.join(UNITS)}")


def state(host: Target) -> dict[str, bool]:
    return {each["name"]: each["ok"] for each in host.checks()}


def test_machine_that_is_no_platform_yet(host: Target) -> None:
    for up in (True, False):
        with pytest.raises(MachineError, match="this platform was never made") as caught:
            host.machine(up=up)
        assert caught.value.next == "flipside platform.bootstrap"
    assert state(host) == {"connection": True, "platform": False}


def test_platform_that_runs(box: Box, host: Target) -> None:
    make(box)
    assert host.machine().run(["id", "-un"]) == "root"
    assert all(state(host).values())


def test_platform_of_which_a_part_is_down(box: Box, host: Target) -> None:
    make(box)
    box.sh("systemctl stop flipside-salt-minion")
    assert host.machine().run(["true"]) == ""
    assert state(host) == {
        "connection": True,
        "platform": True,
        "flipside-salt-master": True,
        "flipside-salt-minion": False,
    }


def test_machine_out_of_reach_is_one_check_that_says_so(box: Box, host: Target) -> None:
    box.sh("systemctl stop ssh; systemctl mask ssh")
    box.cut()
    try:
        (check,) = host.checks()
    finally:
        box.sh("systemctl unmask ssh; systemctl start ssh")
    assert (check["name"], check["ok"]) == ("connection", False)
    assert "no ssh server answers" in check["detail"]
    assert "systemctl start ssh" in check["next"]


def test_hosts_key_is_kept_beside_the_platforms_file(host: Target, tmp_path: Path) -> None:
    host.checks()
    assert (tmp_path / ".flipside-known-hosts").exists()


def test_very_machine_is_reached_through_sudo(box: Box) -> None:
    """The package runs on the box itself, as a user of it."""
    code = Path(flipside.__file__).parent
    box.sh("mkdir -p /srv/code")
    box.machine().put(code, PurePosixPath("/srv/code/flipside"))
    run = 'cd /; PYTHONPATH=/srv/code exec runuser -u "$0" -- python3 -Bc "$1" 2>&1'
    for user in ("root", "carl"):
        assert box.sh(run, user, OWN) == "root\nours\n"
    said = box.sh(f"({run}) || true", "bob", OWN)
    assert "sudo asks bob for a password, and nobody can type it here" in said
