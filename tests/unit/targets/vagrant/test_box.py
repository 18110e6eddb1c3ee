"""What Vagrant is told of a platform's machine."""

from __future__ import annotations

import json
from pathlib import Path

from flipside.config import LoadedPlatform, load_platform
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
    with box.described(mine, found) as port:
        assert mine.port == port
    assert mine.folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in mine.folder.iterdir()} == {
        ".gitignore",
        "Vagrantfile",
        "machine.json",
    }
    wanted = json.loads((mine.folder / "machine.json").read_text())
    assert (wanted["hostname"], wanted["port"]) == ("demo", port)


def test_ssh_gets_there_by_what_vagrant_says(tmp_path: Path) -> None:
    address = box.Box(tmp_path, "docker").address
    assert (address.host, address.config) == ("default", tmp_path / "ssh-config")
    assert address.known_hosts == tmp_path / "known-hosts"
