"""The units of Salt: what systemd runs, in which environment, and in which order."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path, PurePosixPath

import pytest

from flipside.salt.config import SaltPaths
from flipside.targets.machines import wrapper
from flipside.targets.systemd import units

PATHS = SaltPaths(PurePosixPath("/srv/flipside"), PurePosixPath("/run/flipside"))


def parsed(role: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(units.service(PATHS, role))
    return unit


def test_master_is_salts_daemon_from_the_platforms_venv() -> None:
    assert parsed("master")["Service"]["ExecStart"].split() == [
        "/srv/flipside/venv/bin/python",
        "-m",
        "flipside.machine.salt_daemon",
        "master",
        "-c",
        "/srv/flipside/etc/salt/master",
    ]


def test_minion_has_no_keeper_but_systemd() -> None:
    service = parsed("minion")["Service"]
    assert service["ExecStart"].endswith("-c /srv/flipside/etc/salt/minion --disable-keepalive")
    assert service["Restart"] == "always"


def test_minion_stops_before_its_master() -> None:
    """A minion whose master is gone tries for long to tell it so."""
    assert units.name("master") in parsed("minion")["Unit"]["After"].split()
    assert "flipside" not in parsed("master")["Unit"]["After"]


@pytest.mark.parametrize("role", units.ROLES)
def test_salt_has_the_environment_that_commands_have(role: str) -> None:
    words = shlex.split(parsed(role)["Service"]["Environment"])
    assert dict(word.split("=", 1) for word in words) == {
        name: value for name, value in wrapper.ENVIRONMENT.items() if name != "HOME"
    }


def test_every_file_of_ours_in_etc_is_listed() -> None:
    files = units.files(PATHS)
    assert sorted(map(str, files)) == [
        "/etc/systemd/system/flipside-salt-master.service",
        "/etc/systemd/system/flipside-salt-minion.service",
        "/etc/tmpfiles.d/flipside.conf",
    ]
    folders = files[PurePosixPath("/etc/tmpfiles.d/flipside.conf")].splitlines()[1:]
    assert folders[0] == "d /run/flipside 0755 root root"
    assert [line.split()[2] for line in folders[1:]] == ["0700", "0700"]


def test_removal_knows_the_units_by_their_names() -> None:
    script = Path(units.__file__).with_name("stop.sh").read_text()
    assert all(units.name(role) in script for role in units.ROLES)
