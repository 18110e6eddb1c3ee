"""Names that whoever can write to a repository made up: nothing is written outside what was asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from unit.backup.small import INSERT, TABLE, Small, attempted

from flipside.backup.moment import Until
from flipside.backup.names import DATABASE
from flipside.backup.whole import bring_back

FOLDER = "/srv/app"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """A folder's only database, kept."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    made = Small(tmp_path / "small")
    made.sql(*TABLE)
    keep(made, f"{FOLDER}/data/app.db")
    return made


def keep(small: Small, name: str) -> None:
    """Keep the database by a name; who has the public key can, and needs no other."""
    small.name = name
    small.writer = small.agent()
    small.once(INSERT.format(len(name)))


def brought_back(small: Small, folder: Path) -> list[Path]:
    """The files that are there after a folder was brought back into another one."""
    before = files(small.folder.parent)
    into = folder / "into"
    attempted(bring_back, small.repository, small.keys, FOLDER, Until(), into, replace=True)
    return sorted(path for path in files(small.folder.parent) - before if "key" not in path.name)


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_what_a_folder_holds_comes_back_into_it(small: Small, tmp_path: Path) -> None:
    keep(small, f"{FOLDER}/other.db")
    into = tmp_path / "into"
    assert brought_back(small, tmp_path) == [into / "data/app.db", into / "other.db"]


@pytest.mark.parametrize(
    "rest", ["../outside.db", "data/../../outside.db", "/{}/outside.db", "data/..", ".", "", "a\0b"]
)
def test_a_name_that_leads_out_of_the_folder_writes_nothing_there(small, tmp_path, rest) -> None:
    keep(small, f"{FOLDER}/{rest.format(tmp_path)}")
    found = brought_back(small, tmp_path)
    assert {path for path in found if (tmp_path / "into") not in path.parents} == set()


def test_one_database_whose_key_is_damaged_keeps_no_other_from_coming_back(small, tmp_path) -> None:
    other = f"{FOLDER}/other.db"
    first = small.chains()[0].epoch
    keep(small, other)
    (small.storage.path / first.key).write_bytes(b"damaged")
    into = tmp_path / "other.db"
    bring_back(small.repository, small.keys, other, Until(), into, replace=False)
    assert into.read_bytes() == small.live()
    assert len(list(small.repository.subjects(DATABASE))) == 2
