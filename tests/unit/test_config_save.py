"""Writing the two files: checked, commented, whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from flipside.config import (
    AppConfig,
    PlatformConfig,
    load_platform,
    save_app,
    save_platform,
    write_app,
    write_platform,
)
from flipside.config.yaml import parse
from flipside.errors import BadConfigError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "", " ", "yes", "no", "Off", "null", "~", "12", "1.10", "0x1f", "a: b", "# x", "- a", "'", '"',
    "\\", "a\n", "a\nb", "a\n\n", "\na\n", " a\nb\n", "a \n", "\ta\n", "@x", "*x", "&x", "!x", "%x",
    "é", "\u2028", "\x1b[1m", "x" * 300, "{{ a }}", "2026-11-21", "<<", "=", "[db]\n  path = x\n",
    "---\n", "...\n", "a\r\nb\n", "x\n...\ny\n",
]  # fmt: skip


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    (folder / "python-wsgi").mkdir(parents=True)
    (folder / "python-wsgi/meta.yml").write_text("summary: any\n")
    return folder


@pytest.mark.parametrize("text", TEXTS)
def test_every_text_is_read_back_as_it_was(tmp_path: Path, templates: Path, text: str) -> None:
    path = tmp_path / ".flipside-app"
    mapping: dict[str, Any] = {"name": "a", "files": {"x.ini": text}, "env": {"B": text}, "keep": 3}
    write_app(path, mapping, templates)
    assert parse(path.read_text(encoding="utf-8")).data == mapping


def test_each_key_stands_under_its_description(tmp_path: Path, templates: Path) -> None:
    path = tmp_path / ".flipside-app"
    write_app(path, {"name": "a", "data": ["media/"]}, templates)
    assert path.read_text() == (
        "# An app of Flipside's. docs/config.md explains every key.\n"
        "\n# The app's name, a DNS label\nname: a\n"
        "\n# Paths of the tree kept in the data directory; a trailing / is a folder\n"
        "data:\n  - media/\n"
    )


def test_saving_a_config_writes_what_was_said_only(tmp_path: Path) -> None:
    app = AppConfig.model_validate({"name": "a", "wsgi": {"callable": "a:b"}, "keep": None})
    save_app(tmp_path / ".flipside-app", app)
    data = parse((tmp_path / ".flipside-app").read_text()).data
    assert data == {"name": "a", "wsgi": {"callable": "a:b"}}


def test_a_platform_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / ".flipside-platform"
    config = PlatformConfig(name="demo", http_port=8080)
    save_platform(path, config)
    assert load_platform(path).config == config
    write_platform(path, {"target": "local"})
    assert parse(path.read_text()).data == {"target": "local"}


def test_what_describes_nothing_is_not_written(tmp_path: Path, templates: Path) -> None:
    path = tmp_path / ".flipside-app"
    path.write_text("name: before\n")
    with pytest.raises(BadConfigError):
        write_app(path, {"name": "A"}, templates)
    with pytest.raises(NotFoundError):
        write_app(path, {"name": "a", "template": "none"}, templates)
    with pytest.raises(BadConfigError):
        write_platform(path, {"ports": 1})
    assert path.read_text() == "name: before\n"


def test_a_write_that_fails_leaves_the_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".flipside-platform"
    path.write_text("name: before\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_platform(path, {"name": "after"})
    assert path.read_text() == "name: before\n"
    assert [each.name for each in tmp_path.iterdir()] == [".flipside-platform"]


def test_mode_and_link_of_a_file_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / ".flipside-platform"
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)
    write_platform(link, {"name": "demo"})
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "name: demo" in real.read_text()
