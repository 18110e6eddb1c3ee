"""What every file of a platform with systemd says."""

from __future__ import annotations

from pathlib import PurePosixPath

from flipside.config import PlatformConfig
from flipside.salt.config import SaltPaths
from flipside.targets.systemd import configuration

ROOT = PurePosixPath("/srv/flipside")
PATHS = SaltPaths(ROOT, configuration.RUN)


def test_layout_says_where_and_what_it_is() -> None:
    layout = configuration.salts(PATHS)[ROOT / "etc/layout.json"]
    assert layout == {"root": "/srv/flipside", "run": "/run/flipside", "kind": "systemd"}


def test_salt_runs_as_root_on_its_own_ports_of_the_loopback() -> None:
    files = configuration.salts(PATHS)
    master, minion = files[ROOT / "etc/salt/master/master"], files[ROOT / "etc/salt/minion/minion"]
    assert (master["user"], master["interface"]) == ("root", "127.0.0.1")
    assert (master["publish_port"], master["ret_port"]) == (4505, 4506)
    assert (minion["publish_port"], minion["master_port"]) == (4505, 4506)
    assert minion["providers"]["service"] == "systemd_service"
    assert minion["grains"]["flipside"] == {
        "kind": "systemd",
        "root": "/srv/flipside",
        "run": "/run/flipside",
        "user": "root",
    }


def test_settings_tell_both_ports_of_the_web_server() -> None:
    platform = PlatformConfig(name="demo", keep=3, domain="example.org")
    assert configuration.settings(platform, 8080) == {
        "domain": "example.org",
        "highstate_minutes": 15,
        "keep": 3,
        "nginx": {"http_port": 80, "public_port": 8080},
    }


def test_only_the_settings_are_no_news() -> None:
    order = configuration.order(ROOT, {})
    assert order["news"] == "/srv/flipside/var/news"
    assert list(order["quiet"]) == ["/srv/flipside/etc/settings.json"]
    assert len(order["files"]) == 6


def test_what_may_tell_secrets_is_roots_alone() -> None:
    order = configuration.order(ROOT, {})
    modes = {path: file["mode"] for path, file in (order["files"] | order["quiet"]).items()}
    assert {path for path, mode in modes.items() if mode != 0o600} == {
        "/etc/systemd/system/flipside-salt-master.service",
        "/etc/systemd/system/flipside-salt-minion.service",
        "/etc/tmpfiles.d/flipside.conf",
    }
