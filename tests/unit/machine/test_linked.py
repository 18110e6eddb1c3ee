"""Links between a release's tree and its data, in both directions."""

from __future__ import annotations

from pathlib import Path

from flipside.machine.linked import dangling_one_day


def test_links_from_the_data_into_a_release_are_found(tmp_path: Path) -> None:
    """Also by way of `current`, relative ones, and dangling ones; no other link, and no file."""
    data, releases = tmp_path / "data", tmp_path / "releases"
    inside = releases / "1/venv/theme"
    inside.mkdir(parents=True)
    (data / "media/deep").mkdir(parents=True)
    (data / "media/theme").symlink_to(inside)
    (data / "relative").symlink_to("../releases/1/tree")
    (data / "gone").symlink_to(releases / "0/venv")
    (data / "elsewhere").symlink_to("/usr/share")
    (data / "sibling").symlink_to(tmp_path / "releases-of-others")
    (data / "file").write_text("")
    assert dangling_one_day(data, releases) == ["gone", "media/theme", "relative"]


def test_no_data_has_no_links(tmp_path: Path) -> None:
    assert dangling_one_day(tmp_path / "data", tmp_path) == []
