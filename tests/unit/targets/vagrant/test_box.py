"""What Vagrant is told of a platform's machine."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from flipside.config import LoadedPlatform, load_platform
from flipside.errors import MachineError
from flipside.targets.vagrant import box


def platform(folder: Path, text: str = "") -> LoadedPlatform:
    path = folder / ".flipside-platform"
    path.write_text(f"name: demo\ntarget: vagrant\nprovider: docker\n{text}")
    return load_platform(path)


def test_everything_is_in_a_folder_that_git_leaves_alone(tmp_path: Path) -> None:
    found = platform(tmp_path)
    mine = box.box_of(found)
    assert (mine.folder, mine.provider) == (tmp_path / ".flipside/vagrant", "docker")
    assert (mine.port, mine.was_up) == (None, False)
    port = box.describe(mine, found)
    assert mine.folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in mine.folder.iterdir()} == {
        ".gitignore",
        "Vagrantfile",
        "machine.json",
    }
    wanted = json.loads((mine.folder / "machine.json").read_text())
    assert (wanted["hostname"], wanted["port"]) == ("demo", port)


def test_port_is_remembered_and_stays(tmp_path: Path) -> None:
    mine = box.box_of(platform(tmp_path))
    port = box.describe(mine, platform(tmp_path))
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ours.bind(("127.0.0.1", port))
        ours.listen()
        assert box.describe(mine, platform(tmp_path)) == mine.port == port
    with pytest.raises(MachineError, match=f"has port {port} for good"):
        box.describe(mine, platform(tmp_path, f"http_port: {port + 1000}\n"))


def test_ssh_gets_there_by_what_vagrant_says(tmp_path: Path) -> None:
    address = box.Box(tmp_path, "docker").address
    assert (address.host, address.config) == ("default", tmp_path / "ssh-config")
    assert address.known_hosts == tmp_path / "known-hosts"
