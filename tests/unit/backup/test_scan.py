"""What lies in a folder: what a scan finds, leaves out, and is never led to by whoever owns the folder."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from flipside.backup import found as found_module
from flipside.backup import look as module
from flipside.backup.errors import BackupError
from flipside.backup.found import FILE, FOLDER, LINK, Found
from flipside.backup.repository import create
from flipside.backup.scan import Scan
from flipside.backup.storage.folder import Folder

SECRET = b"SQLite format 3\0: root's alone"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An app's data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def look(folder: Path) -> Found:
    return Scan(folder).look()


def paths(found: Found) -> list[str]:
    return [each.path for each in found.files]


def make(path: Path, *statements: str) -> sqlite3.Connection:
    """Make a database, and leave it open."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in (*statements, "CREATE TABLE t (x)", "INSERT INTO t VALUES (1)"):
        connection.execute(statement)
    return connection


def test_databases_are_found_by_what_they_hold_not_by_their_names(data) -> None:
    (data / "deep/er").mkdir(parents=True)
    for name in ("app.db", "deep/er/cache", "deep/picture.jpg"):
        make(data / name).close()
    for name, content in {
        "empty.db": b"",
        "fake.sqlite3": b"SQLite format 4\0" * 9,
        "x": b"S",
    }.items():
        (data / name).write_bytes(content)
    found = look(data)
    assert found.databases == ["app.db", "deep/er/cache", "deep/picture.jpg"]
    assert paths(found) == ["deep", "deep/er", "empty.db", "fake.sqlite3", "x"]
    assert found.problems == found.left == []


def test_what_belongs_to_a_database_is_not_a_file_of_its_own(data) -> None:
    with closing(make(data / "wal.db", "PRAGMA journal_mode=wal")):
        assert {each.name for each in data.iterdir()} == {"wal.db", "wal.db-wal", "wal.db-shm"}
        (data / "old.db").write_bytes((data / "wal.db").read_bytes())
        (data / "old.db-journal").write_text("hot")
        (data / "notes-journal").write_text("a diary")
        found = look(data)
    assert found.databases == ["old.db", "wal.db"]
    assert paths(found) == ["notes-journal"]


def test_what_restores_left_is_neither(data) -> None:
    database = data / "app.db"
    make(database).close()
    image = database.read_bytes()
    left = [
        ".1a2b3c4d.flipside-restore",
        ".app.db.0123abcd",
        "app.db.flipside-restore",
        "app.db.replaced-20261120T140300-0a1b",
        "app.db.replaced-20261120T140300-0a1b-wal",
        "photo.jpg.replaced-20261120T140300-0a1b",
    ]
    for name in left:
        (data / name).write_bytes(image)
    (data / "album.replaced-20261120T140300-0a1b").mkdir()
    (data / "album.replaced-20261120T140300-0a1b/app.db").write_bytes(image)
    for name in (".hidden.0123abcd", "replaced-20261120", "x.replaced-by"):
        (data / name).write_text("the app's own")
    found = look(data)
    assert found.databases == ["app.db"]
    assert paths(found) == [".hidden.0123abcd", "replaced-20261120", "x.replaced-by"]
    assert found.left == sorted([*left, "album.replaced-20261120T140300-0a1b"])


def test_modes_times_and_links_are_as_they_are(data) -> None:
    (data / "f").write_text("x")
    (data / "f").chmod(0o4755)
    os.utime(data / "f", ns=(1, -2))
    (data / "d").mkdir(mode=0o700)
    (data / "d").chmod(0o3770)
    for name, target in {"a": "f", "b": "/etc/shadow", "c": "nowhere", "e": "d"}.items():
        (data / name).symlink_to(target)
    found = {each.path: each for each in look(data).files}
    assert (found["f"].type, found["f"].mode, found["f"].mtime_ns) == (FILE, 0o755, -2)
    assert (found["d"].type, found["d"].mode) == (FOLDER, 0o3770)
    assert {path: each.target for path, each in found.items() if each.type == LINK} == {
        "a": "f",
        "b": "/etc/shadow",
        "c": "nowhere",
        "e": "d",
    }


def test_names_that_are_no_text_survive(data) -> None:
    names = [b"\xff\xfe", b"new\nline", "é".encode(), b"e\xcc\x81", b"\xed\xb3\xbf", b"\\x", b" "]
    for name in names:
        (Path(os.fsdecode(os.fsencode(data))) / os.fsdecode(name)).write_bytes(name)
    found = look(data)
    assert [os.fsencode(path) for path in paths(found)] == sorted(names)
    for name in names:
        with Scan(data).opened(os.fsdecode(name)) as file:
            assert os.read(file, 100) == name


def test_sockets_and_pipes_are_left_out_and_keep_nobody_waiting(data) -> None:
    os.mkfifo(data / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(data / "socket"))
        (data / "file").write_text("x")
        found = look(data)
    assert (paths(found), found.problems, found.databases) == (["file"], [], [])
    for name in ("pipe", "socket"):
        with pytest.raises(FileNotFoundError), Scan(data).opened(name):
            raise AssertionError


def test_a_repository_within_is_told_rather_than_kept_in_itself(data) -> None:
    create(Folder(data / "backups")).storage.put("db/y", b"1")
    (data / "file").write_text("x")
    found = look(data)
    assert paths(found) == ["backups", "file"]
    assert [each.path for each in found.problems] == ["backups"]


def test_a_file_that_is_called_as_a_repositorys_keeps_nothing_from_being_kept(data) -> None:
    """As a visitor may call what he uploads."""
    make(data / "app.db").close()
    (data / "flipside-backup.json").write_text('{"format": 1, "id": "0123456789abcdef"}')
    (data / "files").write_text("a file")
    found = look(data)
    assert (found.databases, found.problems) == (["app.db"], [])
    assert paths(found) == ["files", "flipside-backup.json"]


def test_what_cannot_be_read_is_told_and_the_rest_is_found(data, monkeypatch) -> None:
    for name in ("bad", "good", "shut/inside"):
        (data / name).parent.mkdir(exist_ok=True)
        (data / name).write_text("x")
    real = os.open

    def refusing(path, *args, **words):
        if path in ("bad", "shut"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **words)

    monkeypatch.setattr("flipside.backup.beneath.os.open", refusing)
    found = look(data)
    assert paths(found) == ["good", "shut"]
    why = "cannot be read: Permission denied"
    assert sorted(found.problems) == [("bad", why), ("shut", why)]


def test_folders_without_end_are_told(data, monkeypatch) -> None:
    monkeypatch.setattr(module, "DEEPEST", 5)
    (data / "1/2/3/4/5/6/7").mkdir(parents=True)
    found = look(data)
    assert [each.path for each in found.problems] == ["1/2/3/4/5/6"]
    assert paths(found)[-1] == "1/2/3/4/5/6"


def test_a_folder_that_is_missing_is_an_error(data) -> None:
    data.rmdir()
    with pytest.raises(BackupError, match="cannot read"):
        look(data)
    data.write_text("no folder")
    with pytest.raises(BackupError, match="cannot read"):
        look(data)


def test_a_head_is_only_read_again_when_a_file_changed(data, monkeypatch) -> None:
    monkeypatch.setattr(found_module, "RACY", 0)
    for number in range(20):
        (data / f"{number}").write_text("x")
    make(data / "app.db").close()
    opened = []
    real = module.beneath.regular
    monkeypatch.setattr(
        module.beneath, "regular", lambda folder, name: opened.append(name) or real(folder, name)
    )
    scan = Scan(data)
    first = scan.look()
    assert len(opened) == 21
    assert scan.look() == first
    assert len(opened) == 21
    (data / "7").write_bytes(SECRET)
    assert scan.look().databases == ["7", "app.db"]
    assert opened[21:] == ["7"]


def test_a_file_that_became_a_database_without_a_trace_is_one(data, monkeypatch) -> None:
    """As one may for as long as the system's clock stands still."""
    now = time.time_ns()
    monkeypatch.setattr(module, "signature", lambda _: (1, 32, now, now))
    path = data / "x"
    path.write_bytes(bytes(32))
    scan = Scan(data)
    assert scan.look().databases == []
    path.write_bytes(SECRET[:16] + bytes(16))
    assert scan.look().databases == ["x"]


def test_all_is_looked_at_with_the_rights_that_are_given(data) -> None:
    entered = []

    @contextmanager
    def acting() -> Iterator[None]:
        entered.append(True)
        yield
        entered.append(False)

    (data / "a").write_text("x")
    scan = Scan(data, acting)
    scan.look()
    assert entered == [True, False]
    with scan.opened("a") as file:
        assert entered == [True, False] * 2
        assert os.read(file, 1) == b"x"


SWAP = """
import os, sys
here, outside, *kinds = sys.argv[1:]
os.symlink(outside + "/secret", here + "/link")
os.symlink(outside, here + "/to")
os.mkfifo(here + "/pipe")
parent = os.getppid()
print("ready", flush=True)
while os.getppid() == parent:
    for name in kinds:
        os.link(here + "/" + name, here + "/new", follow_symlinks=False)
        os.rename(here + "/new", here + "/photo")
        if os.path.exists(here + "/new"):  # they were one file already
            os.unlink(here + "/new")
    os.rename(here + "/album", here + "/aside")
    os.rename(here + "/to", here + "/album")
    os.rename(here + "/album", here + "/to")
    os.rename(here + "/aside", here + "/album")
"""


@contextmanager
def swapped(folder: Path, *kinds: str) -> Iterator[Path]:
    """A folder whose owner swaps a file and a folder for others, and for links out of it, all the time."""
    outside, data = folder / "outside", folder / "data"
    outside.mkdir()
    data.mkdir()
    (outside / "secret").write_bytes(SECRET)
    (data / "album").mkdir()
    for name in ("plain", "photo", "album/secret"):
        (data / name).write_bytes(b"the app's own")
    argv = [sys.executable, "-c", SWAP, data, outside, *kinds]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        try:
            yield data
            assert process.poll() is None
        finally:
            process.kill()


def naive(path: Path) -> bytes:
    """Read what was looked at, as one would who thinks of no harm."""
    with suppress(FileNotFoundError):
        if not path.is_symlink() and not path.parent.is_symlink() and path.is_file():
            return path.read_bytes()
    return b""


@pytest.mark.parametrize("name", ["photo", "album/secret"])
def test_who_looks_before_reading_is_led_to_what_is_not_the_apps(tmp_path, name) -> None:
    with swapped(tmp_path, "link", "plain") as data:
        while naive(data / name) != SECRET:
            pass


def test_a_scan_is_not(tmp_path) -> None:
    with swapped(tmp_path, "link", "pipe", "plain") as data:
        scan, seen = Scan(data), set()
        for _ in range(5000):
            for name in ("album/secret", "photo"):
                with suppress(FileNotFoundError), scan.opened(name) as file:
                    seen.add(os.read(file, 100))
        assert seen == {b"the app's own"}
        for _ in range(1000):
            found = scan.look()
            assert found.databases == found.problems == []
            assert "to/secret" not in paths(found)
