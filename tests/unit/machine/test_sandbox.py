"""What a unit lets an app do, as lines; that systemd enforces them is tested end to end."""

from __future__ import annotations

from pathlib import Path

from flipside.machine import sandbox
from flipside.machine.layout import SYSTEMD, Layout

LAYOUT = Layout(Path("/srv/flipside"), Path("/run/flipside"), SYSTEMD)


def lines(**resources: object) -> list[str]:
    return sandbox.lines(LAYOUT, "blog", "production", sandbox.DEFAULTS | resources).splitlines()


def test_of_the_platform_it_sees_its_own_folder_and_writes_data_and_home() -> None:
    found = lines()
    own = "/srv/flipside/apps/blog/production"
    assert "TemporaryFileSystem=/srv/flipside:ro /run/flipside:ro /dev/shm:mode=1777" in found
    assert f"BindPaths={own}/data {own}/home" in found
    (seen,) = [line for line in found if line.startswith("BindReadOnlyPaths=")]
    assert seen.removeprefix("BindReadOnlyPaths=").split() == [
        own,
        "/srv/flipside/lib/flipside/machine",
        "-/run/flipside/memcached",
    ]


def test_limits_are_what_the_app_says() -> None:
    found = lines(memory="1G", cpu=50, tasks=9)
    assert {"MemoryMax=1G", "CPUWeight=50", "TasksMax=9"} < set(found)


def test_the_network_can_be_cut() -> None:
    assert "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6" in lines()
    assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"} < set(lines(network=False))
