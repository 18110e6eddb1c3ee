"""Which files of a data dir are databases, or lie where one is to be."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from flipside.errors import DeployError
from flipside.machine.databases import companions, find, unreadable


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "deep").mkdir(parents=True)
    for name in ("app.db", "deep/cache.bin"):
        with closing(sqlite3.connect(folder / name)) as database:
            database.execute("CREATE TABLE t (a)")
    (folder / "new.sqlite3").touch()
    (folder / "notes.txt").write_text("no database")
    (folder / "link.db").symlink_to(folder / "app.db")
    return folder


def test_by_what_they_are(data: Path) -> None:
    """By name only where there is nothing else yet; a link is none."""
    found = {file.path: file.empty for file in find(data)}
    assert found == {"app.db": False, "deep/cache.bin": False, "new.sqlite3": True}
    assert not any(file.raw for file in find(data))


def test_owner_and_permissions_are_known(data: Path) -> None:
    (data / "app.db").chmod(0o604)
    found, info = find(data)[0], (data / "app.db").stat()
    assert (found.mode, found.uid, found.gid) == (0o604, info.st_uid, info.st_gid)


def test_what_lies_in_a_databases_place(data: Path) -> None:
    (found,) = unreadable(data, ["app.db", "notes.txt", "absent.db"])
    assert (found.path, found.raw) == ("notes.txt", True)


@pytest.mark.parametrize("path", ["link.db", "deep"])
def test_what_is_no_file_is_in_the_way(data: Path, path: str) -> None:
    with pytest.raises(DeployError, match="in the place of what is no file") as caught:
        unreadable(data, [path])
    assert caught.value.where == str(data / path)


def test_companions() -> None:
    names = [path.name for path in companions(Path("/data/app.db"))]
    assert names == ["app.db-wal", "app.db-shm", "app.db-journal"]
