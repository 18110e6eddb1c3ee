"""What is sent to a machine, and when it counts as changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flipside.salt import bundle


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "pillar"
    folder.mkdir()
    (folder / "platform.sls").write_text("flipside: {}\n")
    return folder


def make(tmp_path: Path, name: str, own: Path | None) -> str:
    (tmp_path / name).mkdir()
    return bundle.make(tmp_path / name, own)


def test_bundle_holds_code_states_and_pillar(tmp_path: Path, own: Path) -> None:
    make(tmp_path, "made", own)
    for path in ("lib/flipside/machine/switch.py", "srv/salt/top.sls", "srv/pillar/top.sls"):
        assert (tmp_path / "made" / path).is_file()
    assert (tmp_path / "made/srv/pillar-own/platform.sls").is_file()
    assert list((tmp_path / "made").rglob("*.pyc")) == []
    assert not (tmp_path / "made/lib/flipside/tasks").exists()


def test_platform_without_a_pillar_has_an_empty_one(tmp_path: Path) -> None:
    make(tmp_path, "made", tmp_path / "none")
    assert list((tmp_path / "made/srv/pillar-own").iterdir()) == []


def test_hash_is_of_names_and_contents(tmp_path: Path, own: Path) -> None:
    first = make(tmp_path, "a", own)
    assert make(tmp_path, "b", own) == first
    (own / "platform.sls").write_text("flipside: {keep: 3}\n")
    second = make(tmp_path, "c", own)
    (own / "platform.sls").rename(own / "other.sls")
    assert len({first, second, make(tmp_path, "d", own)}) == 3


def test_code_runs_with_the_standard_library_alone(tmp_path: Path) -> None:
    """Without site-packages, as every module but those that say so must."""
    make(tmp_path, "made", None)
    probe = (
        "import importlib, pkgutil, sys; sys.path.insert(0, sys.argv[1]);"
        "import flipside.machine as m;"
        "[importlib.import_module(x.name) for x in"
        " pkgutil.walk_packages(m.__path__, 'flipside.machine.') if not x.name.endswith('__main__')"
        " and not x.name.startswith('flipside.machine.backup')]"
    )
    argv = [sys.executable, "-ISE", "-c", probe, str(tmp_path / "made/lib")]
    said = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
