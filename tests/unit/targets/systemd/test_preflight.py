"""Facts in, problems out: all of them at once, before anything is touched."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from flipside.errors import MachineError
from flipside.targets.systemd import preflight
from flipside.targets.systemd.preflight import SCRIPT, Facts, Limits

GOOD = {
    "os": "debian",
    "name": "Debian GNU/Linux 12 (bookworm)",
    "hostname": "box",
    "user": "0",
    "systemd": "yes",
    "apt": "yes",
    "arch": "amd64",
    "libc": "glibc 2.36",
    "python": "3.11",
    "memory": str(2 * 1024**2),
    "disk": str(20 * 1024**2),
    "clock": "1000",
}


def problems(**changes: str) -> list[str]:
    """What speaks against a good machine that differs in this."""
    facts = Facts(GOOD | changes, ())
    return [*preflight.system_problems(facts), *preflight.size_problems(facts, Limits())]


def test_good_machines_have_no_problem() -> None:
    assert problems() == []
    ubuntu = {"os": "ubuntu debian", "python": "3.12", "libc": "glibc 2.39"}
    assert problems(**ubuntu) == []
    assert problems(python="3.13", arch="arm64", libc="glibc 2.41") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"os": "fedora", "name": "Fedora 40", "apt": ""}, "this is Fedora 40"),
        ({"os": "", "name": ""}, "this is an unknown system"),
        ({"systemd": ""}, "systemd is not process 1"),
        ({"user": "1000"}, "commands do not run as root"),
        ({"arch": "armhf"}, "the architecture is armhf"),
        ({"libc": "glibc 2.27"}, "the C library is glibc 2.27"),
        ({"python": "3.10"}, "Python is 3.10"),
        ({"memory": "262144"}, "256 MB of memory: 440 MB are the least"),
        ({"disk": "1048576"}, "1024 MB are free on the disk of /srv: 2048 MB are the least"),
        ({"listener": "apache2 (apache2.service)"}, "port 80 is taken by apache2"),
    ],
)
def test_problem_is_named(changes: dict[str, str], said: str) -> None:
    (found,) = problems(**changes)
    assert found.startswith(said)


def test_machine_without_python_gets_one() -> None:
    assert problems(python="") == []


def test_platforms_own_nginx_may_have_the_port() -> None:
    assert problems(listener="nginx (flipside-nginx.service)") == []


def test_platform_that_is_made_needs_less_of_the_disk() -> None:
    assert problems(disk="1048576", venv="abc") == []
    assert len(problems(disk="1024", venv="abc")) == 1


def test_all_problems_come_at_once() -> None:
    facts = Facts(GOOD | {"systemd": "", "memory": "1024", "listener": "caddy"}, ())
    with pytest.raises(MachineError) as caught:
        preflight.refuse(facts, Limits())
    assert len(caught.value.what.splitlines()) == 3
    assert caught.value.where == "box"
    assert "flipside platform.bootstrap" in str(caught.value.next)


def test_odd_clock_and_busy_apt_are_told_and_hinder_nothing() -> None:
    told: list[str] = []
    preflight.warn(Facts(GOOD, ()), told.append, now=1200)
    assert told == []
    preflight.warn(Facts(GOOD | {"apt_busy": "yes"}, ("nginx",)), told.append, now=1600)
    assert "10 minutes behind" in told[0]
    assert "another apt or dpkg" in told[1]


def test_lines_become_facts() -> None:
    facts = preflight.parse("noise\npython=3.11\nvenv=\nmissing=nginx\nmissing=rsyslog\n")
    assert facts == Facts({"python": "3.11"}, ("nginx", "rsyslog"))
    assert (facts.python, facts.get("venv")) == ("3.11", "")


def test_command_asks_for_the_packages() -> None:
    argv = preflight.command(PurePosixPath("/srv/flipside"), ["nginx"])
    assert argv == ["sh", "-s", "/srv/flipside", "80", "nginx"]


def asked(port: int = 1, *packages: str) -> Facts:
    """The facts of the machine that we are on."""
    done = subprocess.run(
        ["sh", "-s", "/nowhere", str(port), *packages],
        input=SCRIPT.read_bytes(),
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    return preflight.parse(done.stdout.decode())


def test_script_tells_of_the_machine_that_it_runs_on() -> None:
    facts = asked(1, "no-such-package")
    assert facts.missing == ("no-such-package",)
    assert facts.get("hostname") == platform.node()
    assert facts.get("user") == str(os.getuid())
    assert facts.get("libc").split()[0] == "glibc"
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024
    assert int(facts.get("memory")) == memory
    assert int(facts.get("disk")) > 0
    assert facts.get("venv") == facts.get("code") == ""


def test_script_names_who_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert asked(port).get("listener") == ""
        server.listen()
        assert asked(port).get("listener") == Path("/proc/self/comm").read_text().strip()
