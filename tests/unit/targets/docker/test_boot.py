"""Whose container is whose."""

from __future__ import annotations

from pathlib import Path

from flipside.config import load_platform
from flipside.targets.docker.boot import Box, box_of


def box(folder: Path, text: str = "name: demo\n") -> Box:
    folder.mkdir(exist_ok=True)
    path = folder / ".flipside-platform"
    path.write_text(text)
    return box_of(load_platform(path))


def test_container_is_named_for_the_platform_and_its_folder(tmp_path: Path) -> None:
    one, other = box(tmp_path / "one"), box(tmp_path / "other")
    assert one == box(tmp_path / "one")
    assert one.name.startswith("flipside-demo-")
    assert one.name != other.name
    assert (one.hostname, one.folder, one.http_port) == ("demo", tmp_path / "one", None)


def test_a_link_to_the_folder_leads_to_the_same_container(tmp_path: Path) -> None:
    one = box(tmp_path / "one")
    (tmp_path / "link").symlink_to("one")
    assert box(tmp_path / "link") == one


def test_port_that_a_person_chose_is_the_containers(tmp_path: Path) -> None:
    assert box(tmp_path, "name: demo\nhttp_port: 8123\n").http_port == 8123
