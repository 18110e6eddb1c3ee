"""The folders of a platform with systemd; the rest is proven on real machines."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from flipside.targets.systemd import provision


def test_folders_have_the_modes_that_they_shall_have(tmp_path: Path) -> None:
    root = tmp_path / "flipside"
    argv = provision.folders(PurePosixPath(root))
    subprocess.run(argv, umask=0o077, check=True)
    (root / "etc").chmod(0o777)
    subprocess.run(argv, check=True)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [root, *root.iterdir()]}
    assert modes == {
        "flipside": 0o755,
        "apps": 0o755,
        "cache": 0o755,
        "lib": 0o755,
        "log": 0o750,
        "etc": 0o700,
        "store": 0o700,
        "srv": 0o700,
        "var": 0o700,
    }
