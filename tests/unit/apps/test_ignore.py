"""What git would leave out."""

from __future__ import annotations

from pathlib import Path

from flipside.apps.ignore import ignored, rules_below, spec_of


def test_deepest_file_with_an_opinion_decides(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / ".gitignore").write_text("*.log\n/build/\n# comment\n\n")
    (tmp_path / "sub/.gitignore").write_text("!keep.log\n")
    top = rules_below(tmp_path, "", ())
    sub = rules_below(tmp_path, "sub/", top)
    assert ignored(top, "a.log")
    assert ignored(top, "build/")
    assert not ignored(top, "sub/build/")
    assert not ignored(top, "a.py")
    assert not ignored(sub, "sub/keep.log")
    assert ignored(sub, "sub/other.log")


def test_folder_without_a_file_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    assert rules_below(tmp_path, "sub/", ()) == ()


def test_lines_that_mean_nothing_are_no_error() -> None:
    spec = spec_of(["# comment", "", "!", "/", "a"])
    assert spec.match_file("a")
    assert not spec.match_file("b")
