"""Databases set aside and brought back, with real SQLite and its traps."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flipside.errors import DeployError
from flipside.machine import restoring, snapshot
from flipside.machine.restoring import restore
from flipside.machine.snapshot import state, take


def make(path: Path, rows: int = 3, mode: str = "wal") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA journal_mode={mode}")
        db.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, text TEXT)")
        add(db, rows)


def add(db: sqlite3.Connection, rows: int) -> None:
    db.executemany("INSERT INTO entry (text) VALUES (?)", [("x" * 100,)] * rows)
    db.commit()


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count: int = db.execute("SELECT count(*) FROM entry").fetchone()[0]
        return count


def journal_mode(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return str(db.execute("PRAGMA journal_mode").fetchone()[0])


def killed_writer(path: Path, mode: str) -> None:
    """Leave a database as a killed app does: with a -wal not yet folded in, or a hot journal."""
    code = f"""
import os, sqlite3
db = sqlite3.connect({str(path)!r}, isolation_level=None)
db.execute("PRAGMA journal_mode={mode}")
db.execute("PRAGMA cache_size=1")
db.execute("INSERT INTO entry (text) VALUES ('committed')")
db.execute("BEGIN")
db.executemany("INSERT INTO entry (text) VALUES (?)", [("y" * 1000,)] * 500)
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    make(folder / "app.db")
    make(folder / "deep" / "er" / "cache.bin", 5, "delete")
    (folder / "notes.txt").write_text("no database")
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "snapshots" / "7"


def test_every_database_is_found_by_what_it_is(data: Path, into: Path) -> None:
    """By its header, whatever its name, at any depth."""
    assert take(data, into) == ["app.db", "deep/er/cache.bin"]
    assert rows(into / "app.db") == 3
    assert into.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_round_trip(data: Path, into: Path, mode: str) -> None:
    """A migration is undone, in either journal mode, which stays what it was."""
    make(data / "mode.db", 10, mode)
    take(data, into)
    with closing(sqlite3.connect(data / "mode.db")) as db:
        db.execute("ALTER TABLE entry ADD COLUMN extra TEXT NOT NULL DEFAULT ''")
        add(db, 1000)
    assert "mode.db" in restore(data, into)
    assert rows(data / "mode.db") == 10
    assert journal_mode(data / "mode.db") == mode


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_killed_app(data: Path, into: Path, mode: str) -> None:
    """What was committed is in the snapshot, though it stood in a -wal; what was not, is not."""
    killed_writer(data / "app.db", mode)
    take(data, into)
    assert rows(into / "app.db") == 4


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_killed_migration(data: Path, into: Path, mode: str) -> None:
    """A -wal or a hot journal that a killed migration leaves must not touch what is restored."""
    take(data, into)
    killed_writer(data / "app.db", mode)
    assert len(list(data.glob("app.db-*"))) > 0
    restore(data, into)
    assert list(data.glob("app.db-*")) == []
    assert rows(data / "app.db") == 3


def test_new_databases_go(data: Path, into: Path) -> None:
    """With their -wal; other files stay."""
    take(data, into)
    make(data / "new.db")
    killed_writer(data / "new.db", "wal")
    (data / "upload.png").write_text("stays")
    restore(data, into)
    assert sorted(path.name for path in data.iterdir()) == [
        "app.db", "deep", "notes.txt", "upload.png",
    ]  # fmt: skip


def test_removed_databases_come_back(data: Path, into: Path) -> None:
    take(data, into)
    shutil.rmtree(data / "deep")
    restore(data, into)
    assert rows(data / "deep/er/cache.bin") == 5


def test_an_empty_file_is_no_database_yet(data: Path, into: Path) -> None:
    """And is an empty file again afterwards, with its mode."""
    (data / "empty.sqlite3").touch()
    (data / "empty.sqlite3").chmod(0o640)
    (data / "empty.txt").touch()
    assert "empty.sqlite3" not in take(data, into)
    (data / "empty.sqlite3").unlink()
    make(data / "empty.sqlite3")
    restore(data, into)
    info = (data / "empty.sqlite3").stat()
    assert (info.st_size, info.st_mode & 0o777) == (0, 0o640)


def test_links_are_not_followed(data: Path, into: Path, tmp_path: Path) -> None:
    make(tmp_path / "outside" / "other.db")
    (data / "link.db").symlink_to(tmp_path / "outside" / "other.db")
    (data / "folder").symlink_to(tmp_path / "outside")
    assert take(data, into) == ["app.db", "deep/er/cache.bin"]
    restore(data, into)
    assert (data / "link.db").is_symlink()


def test_mode_and_owner_stay(data: Path, into: Path) -> None:
    (data / "app.db").chmod(0o604)
    owner = (12345, 12345) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    os.chown(data / "app.db", *owner)
    take(data, into)
    restore(data, into)
    info = (data / "app.db").stat()
    assert info.st_mode & 0o777 == 0o604
    assert (info.st_uid, info.st_gid) == owner


def test_a_damaged_database_is_refused(data: Path, into: Path) -> None:
    """Said, never spread: no snapshot is left, and the file is as it was."""
    make(data / "bad.db", 2000, "delete")
    raw = bytearray((data / "bad.db").read_bytes())
    raw[4096 * 3 : 4096 * 8] = b"\xff" * 4096 * 5
    (data / "bad.db").write_bytes(raw)
    with pytest.raises(DeployError, match="this database is damaged") as caught:
        take(data, into)
    assert caught.value.where == str(data / "bad.db")
    assert not into.exists()
    assert list(into.parent.iterdir()) == []
    assert (data / "bad.db").read_bytes() == raw


def test_a_header_alone_is_damage(data: Path, into: Path) -> None:
    (data / "bad.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 500)
    with pytest.raises(DeployError, match=r"bad\.db"):
        take(data, into)


def test_values_that_break_a_rule_are_no_damage(data: Path, into: Path) -> None:
    """An app may live with a NULL where a later rule forbids one; a deploy must not stop for it."""
    with closing(sqlite3.connect(data / "app.db")) as db:
        db.create_function("python_only", 1, lambda value: 1)
        db.create_collation("python_order", lambda a, b: (a > b) - (a < b))
        db.execute("CREATE TABLE odd (a, b COLLATE python_order)")
        db.execute("CREATE TABLE checked (a CHECK (a > 5))")
        db.execute("PRAGMA ignore_check_constraints = 1")
        db.execute("INSERT INTO odd VALUES (NULL, 'x')")
        db.execute("INSERT INTO checked VALUES (1)")
        db.execute("PRAGMA writable_schema = 1")
        sql = "CREATE TABLE odd (a NOT NULL, b COLLATE python_order)"
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'odd'", [sql])
        db.commit()
    assert "app.db" in take(data, into)
    with closing(sqlite3.connect(data / "app.db")) as db:
        db.create_function("python_only", 1, lambda value: 1)
        db.create_collation("python_order", lambda a, b: (a > b) - (a < b))
        db.execute("CREATE INDEX odd_b ON odd (b)")
        db.execute("CREATE TABLE f (a CHECK (python_only(a) = 1))")
        db.execute("INSERT INTO f VALUES (1)")
        db.commit()
    assert "app.db" in take(data, into.with_name("8"))


def test_a_damaged_snapshot_changes_nothing(data: Path, into: Path) -> None:
    take(data, into)
    with closing(sqlite3.connect(data / "app.db")) as db:
        add(db, 1)
    (into / "deep/er/cache.bin").write_bytes(b"garbage")
    with pytest.raises(DeployError, match="the snapshot of this database is damaged"):
        restore(data, into)
    assert rows(data / "app.db") == 4


def test_a_half_made_snapshot_is_none(data: Path, into: Path) -> None:
    """The manifest comes last, and the folder's own name after it."""
    take(data, into)
    (into / ".snapshot.json").unlink()
    with pytest.raises(DeployError, match="no complete snapshot"):
        restore(data, into)
    with pytest.raises(DeployError, match="no complete snapshot"):
        restore(data, into.with_name("never"))


def test_a_snapshot_is_never_overwritten(data: Path, into: Path) -> None:
    take(data, into)
    with pytest.raises(DeployError, match="a snapshot of that name exists"):
        take(data, into)


def test_a_killed_take_is_no_obstacle(data: Path, into: Path) -> None:
    draft = into.with_name("7.tmp")
    draft.mkdir(parents=True)
    (draft / "app.db").write_text("half")
    assert len(take(data, into)) == 2


@pytest.mark.parametrize("after", range(4))
def test_a_killed_restore_can_be_run_again(
    data: Path, into: Path, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before any of its renames or removals, the next run finishes the work."""
    take(data, into)
    for name in ("app.db", "deep/er/cache.bin"):
        with closing(sqlite3.connect(data / name)) as db:
            add(db, 50)
    make(data / "new.db")
    calls = iter(range(99))

    real = restoring.sync

    def dying(path: Path) -> None:
        if next(calls) == after + 2:
            raise KeyboardInterrupt
        real(path)

    monkeypatch.setattr(restoring, "sync", dying)
    with pytest.raises(KeyboardInterrupt):
        restore(data, into)
    monkeypatch.undo()
    restore(data, into)
    assert rows(data / "app.db") == 3
    assert rows(data / "deep/er/cache.bin") == 5
    assert not (data / "new.db").exists()
    assert not list(data.rglob("*.flipside-restore"))


def test_a_staged_leftover_is_no_database(data: Path, into: Path) -> None:
    """What a killed restore left beside the live file is not in the next snapshot."""
    shutil.copy(data / "app.db", data / "app.db.flipside-restore")
    assert take(data, into) == ["app.db", "deep/er/cache.bin"]
    restore(data, into)
    assert not (data / "app.db.flipside-restore").exists()


def test_a_locked_database_is_said(data: Path, into: Path) -> None:
    """The app still runs and writes: nothing is copied."""
    with closing(sqlite3.connect(data / "deep/er/cache.bin")) as db:
        db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DeployError, match="cannot copy the database: database is locked"):
            take(data, into)
    assert not into.exists()


def test_names_that_need_quoting(data: Path, into: Path) -> None:
    make(data / "a b?c#d%20.db")
    assert "a b?c#d%20.db" in take(data, into)
    restore(data, into)
    assert rows(data / "a b?c#d%20.db") == 3


def test_no_data_yet(tmp_path: Path, into: Path) -> None:
    """The first deploy of an app: nothing to keep, and what its migration made goes again."""
    (tmp_path / "data").mkdir()
    assert take(tmp_path / "data", into) == []
    make(tmp_path / "data" / "app.db")
    assert restore(tmp_path / "data", into) == []
    assert list((tmp_path / "data").iterdir()) == []


def test_a_full_disk_changes_nothing(
    data: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every copy is made before the first file is replaced."""
    take(data, into)
    with closing(sqlite3.connect(data / "app.db")) as db:
        add(db, 1)

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(DeployError, match="No space left on device"):
        restore(data, into)
    assert rows(data / "app.db") == 4
    assert not list(data.rglob("*.flipside-restore"))


def test_state_changes_with_what_is_written_and_with_nothing_else(tmp_path: Path) -> None:
    """Reading a database is no change, in either journal mode; a row, or another database, is."""
    for mode in ("wal", "delete"):
        path = tmp_path / f"{mode}.db"
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"PRAGMA journal_mode={mode}")
            database.execute("CREATE TABLE rows (x)")
        before = state(tmp_path)
        with closing(sqlite3.connect(path)) as database:
            database.execute("SELECT * FROM rows").fetchall()
        assert state(tmp_path) == before
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("INSERT INTO rows VALUES (1)")
        assert state(tmp_path) != before
    before = state(tmp_path)
    (tmp_path / "photo.png").write_text("no database")
    assert state(tmp_path) == before


def spoil(path: Path) -> bytes:
    """Damage a database within, as a disk does; return its bytes."""
    make(path, 2000, "delete")
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 8] = b"\xff" * 4096 * 5
    path.write_bytes(content)
    return bytes(content)


def test_what_is_replaced_may_be_damaged(data: Path, into: Path) -> None:
    """It is set aside byte for byte, and comes back so: what replaces it may turn out worse."""
    spoilt = spoil(data / "bad.db")
    (data / "deep/er/cache.bin").write_bytes(b"nothing that SQLite knows")
    header = b"SQLite format 3\0" + b"\xff" * 500
    (data / "head.db").write_bytes(header)
    replacing = ["app.db", "bad.db", "deep/er/cache.bin", "new.db"]
    assert take(data, into, replacing) == ["app.db", "bad.db", "deep/er/cache.bin", "head.db"]
    assert snapshot.databases(into) == {
        "app.db": True, "bad.db": False, "deep/er/cache.bin": False, "head.db": False,
    }  # fmt: skip
    (data / "head.db").unlink()
    for name in replacing:
        (data / name).unlink(missing_ok=True)
        make(data / name, 1)
    restore(data, into)
    assert (data / "bad.db").read_bytes() == spoilt
    assert (data / "head.db").read_bytes() == header
    assert (data / "deep/er/cache.bin").read_bytes() == b"nothing that SQLite knows"
    assert not (data / "new.db").exists()
    assert rows(data / "app.db") == 3


def test_damaged_database_keeps_what_belongs_to_it(data: Path, into: Path) -> None:
    """Whoever saves what can be saved of it needs its journal."""
    killed_writer(data / "app.db", "wal")
    log = (data / "app.db-wal").read_bytes()
    spoilt = b"no header" + (data / "app.db").read_bytes()[9:]
    (data / "app.db").write_bytes(spoilt)
    assert "app.db" in take(data, into, ["app.db"])
    for path in data.glob("app.db*"):
        path.unlink()
    make(data / "app.db", 1)
    restore(data, into)
    assert (data / "app.db").read_bytes() == spoilt
    assert (data / "app.db-wal").read_bytes() == log
    assert not list(data.rglob("*.flipside-restore"))


def test_locked_database_is_never_copied_byte_by_byte(data: Path, into: Path) -> None:
    with closing(sqlite3.connect(data / "deep/er/cache.bin")) as db:
        db.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DeployError, match="cannot copy the database: database is locked"):
            take(data, into, ["deep/er/cache.bin"])


def test_folder_of_databases_becomes_a_snapshot(data: Path, into: Path) -> None:
    """As one that a backup was written to."""
    make(into / "app.db", 7)
    (into / "app.db").chmod(0o640)
    (into / "empty.db").touch()
    assert snapshot.complete(into) == ["app.db"]
    assert snapshot.databases(into) == {"app.db": True}
    assert restore(data, into) == ["app.db"]
    assert rows(data / "app.db") == 7
    assert (data / "app.db").stat().st_mode & 0o777 == 0o640
    assert not (data / "deep/er/cache.bin").exists()
    assert (data / "empty.db").stat().st_size == 0


@pytest.mark.parametrize("in_the_way", ["link", "file"])
def test_what_came_in_the_place_of_a_folder_is_set_aside(
    data: Path, into: Path, tmp_path: Path, in_the_way: str
) -> None:
    take(data, into)
    folder = data / "deep"
    shutil.move(folder, tmp_path / "elsewhere")
    if in_the_way == "link":
        folder.symlink_to(tmp_path / "elsewhere")
        (tmp_path / "elsewhere/er").chmod(0)
    else:
        folder.write_text("mine")
    assert "deep/er/cache.bin" in restore(data, into)
    assert rows(folder / "er/cache.bin") == rows(into / "deep/er/cache.bin")
    (kept,) = data.glob("deep.replaced-*")
    assert kept.is_symlink() == (in_the_way == "link")


def test_owner_that_nobody_may_give_to_is_no_obstacle(
    data: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app's user has another number on another machine."""
    take(data, into)
    listed = into / ".snapshot.json"
    listed.write_text(listed.read_text().replace(f'"uid": {os.getuid()}', '"uid": 4711'))

    def refused(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    restore(data, into)
    assert (data / "app.db").stat().st_uid == os.getuid()


def test_when_it_was_taken(data: Path, into: Path) -> None:
    take(data, into)
    moment = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()
    os.utime(into / ".snapshot.json", (moment, moment))
    assert snapshot.taken(into) == "2025-01-02T03:04:05+00:00"
