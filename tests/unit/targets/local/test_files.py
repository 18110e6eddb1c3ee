"""The files of a local platform, and the paths that it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path, PurePosixPath

import pytest

from flipside.config import PlatformConfig
from flipside.errors import FlipsideError, MachineError
from flipside.targets.local.files import LONGEST_SOCKET, LocalFiles, runtime, write
from flipside.targets.machines.here import Here

PORTS = {"http": 8080, "publish": 24505, "ret": 28505}


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    made = LocalFiles(tmp_path / "root", tmp_path / "run")
    made.make_folders()
    return made


def test_runtime_folder_is_short_and_each_platforms_own() -> None:
    one, other = runtime(Path("/home/ann/demo")), runtime(Path("/home/ann/demo1"))
    assert one != other
    assert one == runtime(Path("/home/ann/demo"))
    assert len(str(one)) + LONGEST_SOCKET <= 107
    assert str(os.getuid()) in one.name


@pytest.mark.parametrize("name", ["with space", "semi;colon", 'quo"te', "per%cent", "new\nline"])
def test_path_that_a_daemon_would_trip_over_is_refused(name: str) -> None:
    with pytest.raises(FlipsideError, match="character"):
        LocalFiles(Path("/srv") / name, Path("/tmp/fs")).refuse_bad_paths()


def test_long_runtime_folder_is_refused_before_anything_is_made() -> None:
    limit = 107 - LONGEST_SOCKET
    LocalFiles(Path("/srv"), Path("/" + "x" * (limit - 1))).refuse_bad_paths()
    with pytest.raises(FlipsideError, match="107") as caught:
        LocalFiles(Path("/srv"), Path("/" + "x" * limit)).refuse_bad_paths()
    assert "runtime" in str(caught.value.next)


def test_folders_are_closed_to_others(files: LocalFiles) -> None:
    for folder in (files.root, files.run):
        assert folder.stat().st_mode & 0o777 == 0o700
    layout = json.loads((files.root / "etc/layout.json").read_text())
    assert layout == {"root": str(files.root), "run": str(files.run)}
    files.make_folders()


def test_runtime_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """Anybody may write in /tmp."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(MachineError, match="somebody else"):
        LocalFiles(tmp_path / "root", tmp_path / "run").make_folders()


def test_second_configuration_changes_nothing(files: LocalFiles) -> None:
    platform = PlatformConfig(name="demo", target="local", keep=3)
    assert files.configure(platform, PORTS) is True
    assert files.configure(platform, PORTS) is False
    settings = json.loads((files.root / "etc/settings.json").read_text())
    assert settings == {
        "domain": "localhost",
        "highstate_minutes": 15,
        "keep": 3,
        "nginx": {"http_port": 8080},
    }
    assert files.configure(platform, PORTS | {"ret": 28506}) is True


def test_settings_alone_are_no_news_to_salt(files: LocalFiles) -> None:
    """They are read anew each time: nothing has to be restarted."""
    files.configure(PlatformConfig(name="demo", target="local", keep=3), PORTS)
    assert files.configure(PlatformConfig(name="demo", target="local", keep=4), PORTS) is False
    assert json.loads((files.root / "etc/settings.json").read_text())["keep"] == 4


def test_sync_sends_once(files: LocalFiles, tmp_path: Path) -> None:
    here = Here(PurePosixPath(files.root), {})
    assert files.sync(here, tmp_path / "pillar") is True
    assert (files.root / "lib/flipside/machine/switch.py").exists()
    assert files.sync(here, tmp_path / "pillar") is False
    (tmp_path / "pillar").mkdir()
    (tmp_path / "pillar/platform.sls").write_text("{}")
    assert files.sync(here, tmp_path / "pillar") is True
    assert list((files.root / "var").iterdir()) == []


def test_write_tells_whether_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "a/b"
    assert [write(path, text) for text in ("x", "x", "y")] == [True, False, True]
    assert path.stat().st_mode & 0o777 == 0o600
