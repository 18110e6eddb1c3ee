"""What git would commit where that is not what lies there, and what `check` says of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flipside.secrets import check, identity
from flipside.secrets.staged import staged


@pytest.fixture
def git(tmp_path: Path):
    """Run git in a repository whose folder `box` is a platform's."""
    (tmp_path / "box/pillar/secrets/blog").mkdir(parents=True)

    def run(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True, capture_output=True)

    run("init", "--quiet")
    return run


def test_only_what_was_changed_since_it_was_staged(git, tmp_path) -> None:
    """Names with spaces and umlauts, too; and one that was deleted meanwhile."""
    box = tmp_path / "box"
    for name in ("same", "chängéd name", "gone"):
        (box / name).write_text("before")
    (tmp_path / "elsewhere").write_text("before")
    git("add", ".")
    assert list(staged(box)) == []
    (box / "chängéd name").write_text("after")
    (box / "gone").unlink()
    (tmp_path / "elsewhere").write_text("after")
    found = dict(staged(box))
    assert found == {box / "chängéd name": b"before", box / "gone": b"before"}


def test_a_folder_that_git_does_not_know_has_none(tmp_path, monkeypatch) -> None:
    assert list(staged(tmp_path)) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(staged(tmp_path)) == []


def test_plain_text_that_is_staged_is_found_though_the_file_was_mended(git, tmp_path) -> None:
    box = tmp_path / "box"
    sheet = box / "pillar/secrets/blog/production.sls"
    sheet.write_text("#!flipside_secrets\nKEY: canary-7f3a\n")
    (box / "notes").write_text(identity.generate())
    git("add", ".")
    sheet.write_text("#!flipside_secrets\n")
    (box / "notes").unlink()
    found = {problem.where: str(problem) for problem in check.check(box)}
    assert found.keys() == {f"{sheet} (staged):2", f"{box / 'notes'} (staged)"}
    assert "canary-7f3a" not in str(found)
    git("add", "--all")
    assert check.check(box) == []
