"""Folders that are held, and swept once nobody holds them."""

from __future__ import annotations

from pathlib import Path

from unit.backup.kill_points import die, in_child

from flipside.backup.scratch import scratch


def test_a_folder_is_there_as_long_as_it_is_held(tmp_path: Path) -> None:
    with scratch(tmp_path / "state") as first, scratch(tmp_path / "state") as second:
        (first / "image").write_text("content")
        assert [first.is_dir(), second.is_dir(), first == second] == [True, True, False]
    assert list((tmp_path / "state").iterdir()) == []


def test_that_of_a_process_that_was_killed_goes_when_the_next_one_comes(tmp_path: Path) -> None:
    def killed() -> None:
        with scratch(tmp_path) as folder:
            (folder / "image").write_text("content")
            die()

    in_child(killed)
    (left,) = tmp_path.iterdir()
    with scratch(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
        assert folder != left
