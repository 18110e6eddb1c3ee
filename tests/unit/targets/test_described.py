"""Which `.flipside-platform` a bootstrap works from."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from flipside.config import load_platform
from flipside.errors import FlipsideError, NotFoundError
from flipside.targets import TARGETS, check_target, target_of
from flipside.targets.described import described, file_to_use

FILE = ".flipside-platform"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLIPSIDE_PLATFORM", raising=False)


def test_without_a_file_one_is_written_with_the_folders_name(tmp_path) -> None:
    folder = tmp_path / "My Box"
    folder.mkdir()
    platform, fresh = described(folder / FILE, {"target": None, "name": None, "http_port": 8123})
    assert fresh
    assert platform == load_platform(folder / FILE)
    config = platform.config
    assert (config.name, config.target, config.http_port) == ("my-box", "local", 8123)


def test_a_host_means_the_target_of_that_name(tmp_path) -> None:
    platform, _ = described(tmp_path / FILE, {"host": "root@box", "port": None})
    assert (platform.config.target, platform.config.host) == ("host", "root@box")


def test_a_file_that_is_there_is_left_as_it_is(tmp_path) -> None:
    path = tmp_path / FILE
    path.write_text("name: box  # mine\n")
    platform, fresh = described(path, {"target": "local", "name": None})
    assert not fresh
    assert platform.config.name == "box"
    assert path.read_text() == "name: box  # mine\n"


@pytest.mark.parametrize("wanted", [{"name": "other"}, {"http_port": 8123}])
def test_a_file_that_says_otherwise_is_an_error(tmp_path, wanted) -> None:
    path = tmp_path / FILE
    path.write_text("name: box\n")
    with pytest.raises(FlipsideError) as caught:
        described(path, wanted)
    (key,) = wanted
    assert f"`{key}`" in caught.value.what
    assert caught.value.where == str(path)
    assert f"leave --{key.replace('_', '-')} out" in caught.value.next


@pytest.mark.parametrize("wanted", [{"target": "locl"}, {"name": "My Box"}, {"target": "host"}])
def test_what_cannot_be_writes_nothing(tmp_path, wanted) -> None:
    with pytest.raises(FlipsideError):
        described(tmp_path / FILE, wanted)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error(tmp_path) -> None:
    with pytest.raises(NotFoundError, match="no such folder"):
        described(tmp_path / "no" / FILE, {})


def test_the_file_is_this_folders(tmp_path) -> None:
    (tmp_path / FILE).write_text("target: local\n")
    below = tmp_path / "below"
    below.mkdir()
    assert file_to_use(None, None) == tmp_path / FILE
    assert file_to_use(str(below), None) == below / FILE
    assert file_to_use(str(below / FILE), None) == below / FILE


def test_the_variable_names_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("FLIPSIDE_PLATFORM", "box")
    assert file_to_use(None, None) == tmp_path / "box" / FILE


def test_in_an_apps_folder_it_is_the_platform_that_the_app_goes_to(tmp_path, monkeypatch) -> None:
    (tmp_path / FILE).write_text("target: local\n")
    folder = tmp_path / "guestbook"
    folder.mkdir()
    monkeypatch.chdir(folder)
    app = SimpleNamespace(config=SimpleNamespace(platform=None), folder=folder)
    assert file_to_use(None, app) == tmp_path / FILE
    (tmp_path / FILE).unlink()
    assert file_to_use(None, app) == folder / FILE


def test_an_unknown_target_lists_those_that_there_are() -> None:
    with pytest.raises(NotFoundError) as caught:
        check_target("locl", "--target")
    assert caught.value.what == "no target `locl`"
    assert caught.value.next == f"did you mean `local`? targets: {', '.join(sorted(TARGETS))}"


def test_a_platform_gets_the_target_that_it_names(tmp_path) -> None:
    path = tmp_path / FILE
    path.write_text("target: local\n")
    assert type(target_of(load_platform(path))).__name__ == "Local"
    path.write_text("target: lokal\n")
    with pytest.raises(NotFoundError, match="no target `lokal`"):
        target_of(load_platform(path))
