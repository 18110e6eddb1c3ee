"""Data arrives from a machine as it was there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from flipside.errors import MachineError
from flipside.targets.machines.here import Here
from flipside.targets.vagrant import data


def test_files_arrive_with_their_bytes_modes_and_links(tmp_path: Path) -> None:
    source, target = tmp_path / "data", tmp_path / "kept"
    (source / "media").mkdir(parents=True)
    target.mkdir()
    (source / "media/blob").write_bytes(os.urandom(100_000))
    (source / "media/blob").chmod(0o600)
    (source / "link").symlink_to("/nowhere")
    data._copy(Here(PurePosixPath("/"), dict(os.environ)), str(source), target)
    assert (target / "media/blob").read_bytes() == (source / "media/blob").read_bytes()
    assert (target / "media/blob").stat().st_mode & 0o777 == 0o600
    assert (target / "link").readlink() == Path("/nowhere")


def test_data_that_does_not_arrive_whole_is_an_error(tmp_path: Path) -> None:
    class Cut(Here):
        def run(self, argv, *, stdin=b"", on_line=None):
            packed = subprocess.check_output(["sh", "-c", data._PACK, argv[-1]], text=True)
            for line in packed.splitlines()[:200]:
                on_line(line)
            return ""

    (tmp_path / "data").mkdir()
    (tmp_path / "data/blob").write_bytes(os.urandom(100_000))
    (tmp_path / "kept").mkdir()
    with pytest.raises(MachineError, match="not unpacked"):
        data._copy(Cut(PurePosixPath("/"), {}), str(tmp_path / "data"), tmp_path / "kept")
