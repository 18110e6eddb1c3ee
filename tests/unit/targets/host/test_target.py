"""Which machine the keys of a platform's file mean; real ones are in tests/functional/test_host.py."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from flipside.config import LoadedPlatform, PlatformConfig
from flipside.errors import MachineError
from flipside.targets.host.target import Host, address, is_here
from flipside.targets.machines.ssh import Address


def platform(folder: Path, **keys: Any) -> LoadedPlatform:
    config = PlatformConfig(name="box", target="host", **keys)
    return LoadedPlatform(config, folder, folder / ".flipside-platform")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", socket.gethostname()])
def test_this_machine_by_its_names(host: str) -> None:
    assert is_here(host, None)


def test_user_or_port_means_ssh() -> None:
    assert not is_here("root@localhost", None)
    assert not is_here("localhost", 2222)
    assert not is_here("box.example.com", None)


def test_hosts_keys_are_kept_beside_the_file(tmp_path: Path) -> None:
    known = tmp_path / ".flipside-known-hosts"
    assert address(platform(tmp_path, host="box")) == Address("box", known)


def test_host_is_its_owners_to_stop(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="yours") as caught:
        Host(platform(tmp_path, host="box")).halt(None)  # type: ignore[arg-type]
    assert "systemctl poweroff" in str(caught.value.next)


def test_identity_is_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").touch()
    for written in ("key", str(tmp_path / "key"), "~/key"):
        monkeypatch.setenv("HOME", str(tmp_path))
        found = address(platform(tmp_path, host="box", port=2222, identity=written))
        assert (found.port, found.identity) == (2222, tmp_path / "key")


def test_identity_that_is_not_there_is_said_before_ssh_is_asked(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="there is no key") as caught:
        address(platform(tmp_path, host="box", identity="key"))
    assert caught.value.where == str(tmp_path / ".flipside-platform")
