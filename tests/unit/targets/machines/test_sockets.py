"""The folder of ssh's sockets, which is nobody else's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flipside.errors import MachineError
from flipside.targets.machines.sockets import sockets


def test_folder_is_made_for_its_user_alone(tmp_path: Path) -> None:
    folder = sockets(tmp_path / "ssh")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sockets(folder) == folder


def test_folder_that_others_can_look_into_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "link").symlink_to(sockets(tmp_path / "ssh"))
    for name in ("open", "link"):
        with pytest.raises(MachineError, match="open to others"):
            sockets(tmp_path / name)


def test_path_leaves_room_for_a_sockets_name() -> None:
    """While it makes one, ssh adds 17 characters to our 53; a path ends at 104 bytes on some systems."""
    assert len(os.fsencode(sockets())) + 1 + 53 + 17 < 104
