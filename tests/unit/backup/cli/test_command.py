"""What all commands share: their words, their errors, and how sizes are read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flipside.backup.cli import COMMANDS, load, main
from flipside.backup.cli.command import own_identities, size
from flipside.secrets import identity

NAMES = ["init", "now", "watch", "list", "status", "verify", "restore", "drill", "prune"]
NEED_A_REPOSITORY = [
    ["now", "app.db"],
    ["watch", "app.db"],
    ["list"],
    ["status"],
    ["verify"],
    ["restore", "app.db", "--into", "x.db"],
    ["drill", "app.db"],
    ["prune", "app.db"],
]


def test_the_help_names_every_command_with_a_line_about_it(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert list(COMMANDS) == NAMES
    for name in NAMES:
        assert f"{name} {load(name).help}" in said


@pytest.mark.parametrize("name", NAMES)
def test_each_command_explains_itself(name, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert "a folder, or s3://bucket/prefix" in said
    assert "--json" in said
    for line in said.splitlines():
        assert line == line.rstrip()


@pytest.mark.parametrize("words", [[], ["nothing"], ["now"], ["restore", "r", "app.db"]])
def test_words_that_are_no_command_are_refused(words, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: flipside-backup" in capsys.readouterr().err


@pytest.mark.parametrize("words", NEED_A_REPOSITORY, ids=lambda words: words[0])
def test_where_there_is_no_repository_the_way_to_one_is_said(desk, words) -> None:
    assert desk(*words, status=1) == ""
    assert desk.error.startswith("error: there is no such folder\n")
    assert f"flipside-backup init {desk.repo}\n" in desk.error
    assert not desk.repo.exists()
    desk.repo.mkdir()
    desk(*words, status=1)
    what = "the folder is empty: there is no repository, or its disk is not mounted"
    assert desk.error.startswith(f"error: {what}\n")
    assert f"for a new one: flipside-backup init {desk.repo}\n" in desk.error


@pytest.mark.parametrize("words", [["list"], ["verify"], ["restore", "app.db", "--into", "x.db"]])
def test_without_a_private_key_nothing_is_opened_and_that_is_said(kept, words) -> None:
    for path in (kept.folder / "keys").iterdir():
        path.unlink()
    kept(*words, status=1)
    assert "no private key is here" in kept.error
    assert "--identity" in kept.error


def test_a_key_that_opens_nothing_here_is_told_apart_from_damage(kept) -> None:
    (kept.folder / "other.key").write_text(identity.text([identity.generate()]))
    kept("list", "--identity", "other.key", status=1)
    assert "no private key here opens this backup" in kept.error
    assert "name the right one with --identity" in kept.error


def test_a_key_file_that_is_not_there_is_named(kept) -> None:
    kept("list", "--identity", "nowhere.key", status=1)
    assert "there is no such key file" in kept.error
    assert "nowhere.key" in kept.error


def test_the_agent_does_without_private_keys(desk) -> None:
    assert own_identities() == []


def test_a_location_that_cannot_be_is_refused(desk) -> None:
    desk.repo = "ftp://host/backups"
    desk("status", status=1)
    assert "a repository cannot be at ftp://" in desk.error


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (7, "7 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (75_400, "75 KB"),
        (2_300_000, "2.3 MB"),
        (4e9, "4.0 GB"),
        (5e12, "5.0 TB"),
    ],
)
def test_sizes_are_as_people_read_them(count, text) -> None:
    assert size(count) == text


def test_it_runs_as_a_module_too() -> None:
    argv = [sys.executable, "-m", "flipside.backup.cli.__main__", "--help"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: flipside-backup ")
