"""Real machines become platforms: from a bare Debian and back, and after every cut."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from functional.systemd_machine import Box, Narrator, started

from flipside.config import LoadedPlatform, load_platform
from flipside.errors import MachineError
from flipside.targets.machines.container import Container
from flipside.targets.machines.remote import Remote
from flipside.targets.packages import SCRIPT
from flipside.targets.systemd import debian, preflight
from flipside.targets.systemd.provision import bring_salt, folders, provision
from flipside.targets.systemd.removal import remove

SILENT = ("nginx", "memcached", "rsyslog", "nftables")
LOST = "the connection was lost"
PING = """\
cd /srv/flipside && PYTHONPATH=lib venv/bin/python -c '
from pathlib import Path
from flipside.machine.jobs import Jobs
from flipside.machine.layout import Layout
print(Jobs(Layout.from_root(Path("/srv/flipside"))).ping(timeout=10))
'"""


@pytest.fixture
def platform(tmp_path: Path) -> LoadedPlatform:
    path = tmp_path / ".flipside-platform"
    path.write_text("name: demo\n")
    return load_platform(path)


@pytest.fixture
def bare(machine_image: Callable[[str], str]) -> Iterator[Box]:
    """A fresh Debian, as a provider hands it over."""
    with started(machine_image("host")) as box:
        yield box


@pytest.fixture
def ready(machine_image: Callable[[str], str]) -> Iterator[Box]:
    """A machine that has all packages."""
    with started(machine_image("machine")) as box:
        yield box


def state(box: Box) -> dict[str, str]:
    """What a removal must leave as it was."""
    return {
        "packages": box.sh("dpkg-query -W -f '${Package} ${db:Status-Status}\\n'"),
        "enabled": box.sh("systemctl list-unit-files --state=enabled --no-legend"),
        "units": box.sh("find /etc/systemd /etc/tmpfiles.d -type f -o -type l | sort"),
        "folders": box.sh("ls -A /srv; ls -d /run/flipside 2>/dev/null || true"),
    }


def test_bare_machine_becomes_a_platform_and_is_given_back(
    bare: Box, platform: LoadedPlatform
) -> None:
    """Even one without Python."""
    bare.sh("apt-get -q -y purge python3-minimal python3.11-minimal libpython3.11-minimal")
    before = state(bare)
    narrator = Narrator()
    bare.sh("echo Port 2222 >>/etc/ssh/sshd_config && systemctl restart ssh")
    provision(bare, platform, narrator)
    assert narrator.steps[1] == "Debian packages"
    assert bare.sh(PING) == "True"
    assert "2222" in bare.sh("nft list table inet flipside")
    for daemon in SILENT:
        assert bare.sh(f"systemctl is-active {daemon} || true") == "inactive"
        assert bare.sh(f"systemctl is-enabled {daemon} || true") == "disabled"
    _again_is_nothing(bare, platform)
    bare.sh("mkdir -p /srv/flipside/apps/blog/production/data && useradd --system app-blog")
    bare.sh("echo rows >/srv/flipside/apps/blog/production/data/app.db")
    assert str(remove(bare, Narrator(), keep_data=True)) == "/srv/flipside-data"
    assert bare.sh("cat /srv/flipside-data/blog/production/app.db") == "rows"
    bare.sh("! getent passwd app-blog && rm -r /srv/flipside-data")
    assert state(bare) == before


def _lasting(listed: str) -> list[str]:
    """Return the lines of what no daemon writes while it runs."""
    return [line for line in listed.splitlines() if not re.search("/var/(m|rsyslog)", line)]


def _again_is_nothing(box: Box, platform: LoadedPlatform) -> None:
    changed = (
        "find /srv/flipside /etc/systemd -path /srv/flipside/log -prune -o"
        " -newer /srv/flipside/etc/settings.json -ls"
    )
    before = box.sh(changed)
    pids = box.sh("systemctl show -P MainPID flipside-salt-master flipside-salt-minion")
    box.asked.clear()
    narrator = Narrator()
    bring_salt(box, platform, narrator, public_port=80)
    assert narrator.details == []
    assert len(box.asked) <= 8
    after = box.sh(changed)
    assert _lasting(after) == _lasting(before)
    assert box.sh("systemctl show -P MainPID flipside-salt-master flipside-salt-minion") == pids


def test_packages_whose_installation_was_killed_are_finished_and_stay_silent(
    bare: Box, platform: LoadedPlatform
) -> None:
    def kill(line: str) -> None:
        if line.startswith("Setting up nginx-common"):
            bare.sh("for p in apt-get dpkg; do kill -9 $(pgrep -x $p) || true; done")

    facts = preflight.ask(bare, debian.NEEDED)
    bare.sh("apt-get -q update && apt-get -q -y install procps && mkdir -p /srv/flipside/var")
    argv = debian.command(bare.root, facts.missing)
    with pytest.raises(MachineError):
        bare.run(argv, stdin=SCRIPT.read_bytes(), on_line=kill)
    assert bare.sh("dpkg --audit") != ""
    bring_salt(bare, platform, Narrator(), public_port=80)
    assert bare.sh("dpkg --audit") == ""
    for daemon in SILENT:
        assert bare.sh(f"systemctl is-active {daemon} || true") == "inactive"
        assert bare.sh(f"systemctl is-enabled {daemon} || true") == "disabled"


class Cut(Remote):
    """A machine that goes away in the middle of each command that is new to it."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(Container(name))
        self.met: list[str] = []
        self._seconds = seconds

    def run(self, argv: Any, *, stdin: bytes = b"", on_line: Any = None) -> str:
        if self._is_new(" ".join(argv) + stdin[:60].decode()):
            short = ["timeout", "-s", "KILL", str(self._seconds), *argv]
            super().run(["sh", "-c", '"$@" || true', "sh", *short], stdin=stdin)
            raise MachineError(LOST)
        return super().run(argv, stdin=stdin, on_line=on_line)

    def put(self, source: Any, target: Any) -> None:
        if self._is_new(str(target)):
            raise MachineError(LOST)
        super().put(source, target)

    def _is_new(self, what: str) -> bool:
        new = what not in self.met
        self.met.append(what)
        return new


@pytest.mark.parametrize("seconds", [0.05, 0.3, 3])
def test_bootstrap_that_is_cut_at_every_step_is_finished_by_the_next(
    ready: Box, platform: LoadedPlatform, seconds: float
) -> None:
    cut, cuts = Cut(ready.name, seconds), 0
    while not _is_done(lambda: bring_salt(cut, platform, Narrator(), public_port=80)):
        cuts += 1
    assert cuts >= 10
    assert ready.sh(PING) == "True"
    assert ready.sh("ls -A /srv/flipside | grep -c -e new -e old || true") == "0"
    _again_is_nothing(ready, platform)


def test_removal_that_is_cut_at_every_step_is_finished_by_the_next(
    ready: Box, platform: LoadedPlatform
) -> None:
    bring_salt(ready, platform, Narrator(), public_port=80)
    data = "/srv/flipside/apps/blog/production/data"
    ready.sh(f"mkdir -p {data} && echo rows >{data}/app.db && useradd --system app-blog")
    cut, cuts = Cut(ready.name, 0.3), 0
    while not _is_done(lambda: remove(cut, Narrator(), keep_data=True)):
        cuts += 1
    assert cuts == 3
    assert ready.sh("ls -A /srv; ls /etc/systemd/system | grep flipside || true") == "flipside-data"
    assert ready.sh("find /srv/flipside-data -name app.db -exec cat {} +") == "rows"


def test_machine_that_keeps_its_time_by_another_program_goes_on_with_it(bare: Box) -> None:
    assert "systemd-timesyncd" in preflight.ask(bare, debian.NEEDED).missing
    bare.sh("apt-get -q update && apt-get -q -y --no-install-recommends install chrony")
    assert "systemd-timesyncd" not in preflight.ask(bare, debian.NEEDED).missing
    bare.run(folders(bare.root))
    with pytest.raises(MachineError, match="Packages need to be removed but remove is disabled"):
        debian.install(bare, ["systemd-timesyncd"], print)
    assert bare.sh("dpkg-query -W -f '${db:Status-Status}' chrony") == "installed"


def test_removal_takes_nothing_that_others_need(bare: Box) -> None:
    bare.run(folders(bare.root))
    debian.install(bare, ["nginx", "memcached"], print)
    bare.sh("apt-get -q -y --no-install-recommends install libnginx-mod-stream")
    unit = "[Service]\\nExecStart=/bin/sleep infinity\\n"
    bare.sh(f"printf '{unit}' >/etc/systemd/system/app.service && systemctl start app")
    narrator = Narrator()
    assert remove(bare, narrator, keep_data=True) is None
    assert "libnginx-mod-stream would go with them" in narrator.details[-1]
    assert bare.sh("dpkg-query -W -f '${db:Status-Status}' nginx") == "installed"
    assert bare.sh("systemctl is-active app") == "active"
    assert bare.sh("ls -A /srv") == ""


def _is_done(work: Callable[[], object]) -> bool:
    try:
        work()
    except MachineError as error:
        if error.what != LOST:
            raise
        return False
    return True


def test_change_restarts_salt_and_nothing_else_is_touched(
    ready: Box, platform: LoadedPlatform, tmp_path: Path
) -> None:
    bring_salt(ready, platform, Narrator(), public_port=80)
    (tmp_path / "pillar/platform.sls").write_text("{}")
    pids = ready.sh("systemctl show -P MainPID flipside-salt-master")
    ready.asked.clear()
    bring_salt(ready, platform, Narrator(), public_port=80)
    assert [asked[1] for asked in ready.asked if asked[0] == "put"] == [
        "/srv/flipside/lib",
        "/srv/flipside/srv",
    ]
    assert ready.sh("systemctl show -P MainPID flipside-salt-master") != pids


def test_machine_whose_port_is_taken_is_refused_untouched(
    ready: Box, platform: LoadedPlatform
) -> None:
    ready.sh("systemd-run --unit=caddy python3 -m http.server 80")
    ready.sh(
        "until python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 80))'; do :; done"
    )
    with pytest.raises(MachineError, match=r"port 80 is taken by python3 \(caddy.service\)"):
        bring_salt(ready, platform, Narrator(), public_port=80)
    assert ready.sh("ls -A /srv") == ""


def test_machine_that_is_too_small_is_refused(ready: Box) -> None:
    limits = preflight.Limits(memory=2**40, fresh_disk=2**50)
    with pytest.raises(MachineError) as caught:
        preflight.refuse(preflight.ask(ready, ()), limits)
    assert len(caught.value.what.splitlines()) == 2
    assert caught.value.where == "box"


def test_what_is_no_debian_with_systemd_is_refused(
    machine_image: Callable[[str], str], platform: LoadedPlatform
) -> None:
    image = machine_image("host")
    argv = ["docker", "run", "--detach", "--rm", image, "sleep", "300"]
    name = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    box = Box(name)
    try:
        with pytest.raises(MachineError, match="systemd is not process 1"):
            bring_salt(box, platform, Narrator(), public_port=80)
        box.sh("printf 'ID=alpine\\nPRETTY_NAME=\"Alpine Linux\"\\n' >/etc/os-release")
        with pytest.raises(MachineError, match="this is Alpine Linux"):
            bring_salt(box, platform, Narrator(), public_port=80)
        assert box.sh("ls -A /srv") == ""
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=True)
