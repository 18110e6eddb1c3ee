"""A file of a machine's brought here through a command's output."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from flipside.errors import MachineError
from flipside.targets.fetch import WIDTH, fetch


class Here:
    """A machine that is this computer; it may be cut after some lines."""

    root = Path("/")

    def __init__(self, lines: int | None = None) -> None:
        self.lines = lines

    def run(self, argv, *, stdin=b"", on_line=None) -> str:
        done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
        if done.returncode:
            raise MachineError(done.stderr.decode())
        for line in done.stdout.decode().splitlines()[: self.lines]:
            on_line(line)
        if self.lines is not None:
            raise MachineError("the connection is gone")
        return ""


@pytest.mark.parametrize("size", [0, 1, 57, WIDTH * 3 // 4, WIDTH * 3 // 4 + 1, 300_000])
def test_a_file_arrives_as_it_was_for_its_user_alone(tmp_path, size) -> None:
    content = os.urandom(size)
    (tmp_path / "there").write_bytes(content)
    fetch(Here(), str(tmp_path / "there"), tmp_path / "here")
    assert (tmp_path / "here").read_bytes() == content
    assert stat.S_IMODE((tmp_path / "here").stat().st_mode) == 0o600


def test_nothing_is_left_of_one_that_does_not_arrive_whole(tmp_path) -> None:
    (tmp_path / "there").write_bytes(os.urandom(300_000))
    with pytest.raises(MachineError, match="the connection is gone"):
        fetch(Here(2), str(tmp_path / "there"), tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_file_that_cannot_be_read_there_leaves_none_here(tmp_path) -> None:
    with pytest.raises(MachineError, match="No such file"):
        fetch(Here(), str(tmp_path / "there"), tmp_path / "here")
    assert not (tmp_path / "here").exists()


def test_a_file_that_is_here_is_not_written_over(tmp_path) -> None:
    (tmp_path / "here").write_text("mine")
    with pytest.raises(FileExistsError):
        fetch(Here(), str(tmp_path / "there"), tmp_path / "here")
    assert (tmp_path / "here").read_text() == "mine"
