"""States and code of a platform with systemd: sent when they differ, readable for apps."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path, PurePosixPath

from flipside.targets.systemd import code
from flipside.targets.systemd.preflight import SCRIPT, Facts, parse


class Folder:
    """A machine that is a folder of this one."""

    def __init__(self, root: Path) -> None:
        self.root = PurePosixPath(root)

    def run(self, argv: list[str]) -> str:
        return subprocess.run(argv, capture_output=True, text=True, check=True).stdout

    def put(self, source: Path, target: PurePosixPath) -> None:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)


def asked(root: Path) -> Facts:
    """What the machine says of its code."""
    argv = ["sh", "-s", str(root), "1"]
    done = subprocess.run(argv, input=SCRIPT.read_bytes(), capture_output=True, check=True)
    return parse(done.stdout.decode())


def sync(root: Path) -> bool:
    return code.sync(Folder(root), asked(root), root / "pillar")


def test_code_is_sent_once_and_marked_as_news(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    assert sync(tmp_path) is True
    assert (tmp_path / "var/news").exists()
    assert sync(tmp_path) is False
    sums = (tmp_path / "srv/bundle.sums").read_bytes()
    assert asked(tmp_path).get("code") == hashlib.sha256(sums).hexdigest()


def test_code_that_is_not_whole_is_sent_again(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    sync(tmp_path)
    (tmp_path / "lib/flipside/errors.py").write_text("half")
    assert sync(tmp_path) is True
    (tmp_path / "srv/salt/top.sls").unlink()
    assert sync(tmp_path) is True
    assert sync(tmp_path) is False


def test_own_pillar_is_a_change_and_roots_alone(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    sync(tmp_path)
    (tmp_path / "pillar").mkdir()
    (tmp_path / "pillar/platform.sls").write_text("{}")
    (tmp_path / "pillar/platform.sls").chmod(0o600)
    assert sync(tmp_path) is True
    assert (tmp_path / "srv").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "lib/flipside/machine/serve.py").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "lib/flipside/machine").stat().st_mode & 0o777 == 0o755
