"""Images of databases: their shape, their root, what changed; and a live one's, through SQLite alone."""

from __future__ import annotations

import io
import os
import sqlite3
from contextlib import closing, contextmanager

import pytest
from unit.backup.apps import app

from flipside.backup.database import image, source
from flipside.backup.database.image import Roots, Shape
from flipside.backup.database.source import Source
from flipside.backup.errors import BackupError

ROOTS = Roots(b"k" * 32)


@pytest.mark.parametrize("size", [512, 4096, 65536])
def test_a_database_tells_its_shape(tmp_path, size) -> None:
    path = tmp_path / "app.db"
    with closing(sqlite3.connect(path)) as made:
        made.execute(f"PRAGMA page_size={size}")
        made.execute("CREATE TABLE entry (x)")
    found = image.shape(path)
    assert (found.page_size, found.size) == (size, path.stat().st_size)


def test_a_file_of_no_bytes_is_a_database_without_pages(tmp_path) -> None:
    (tmp_path / "empty").touch()
    assert image.shape(tmp_path / "empty") == Shape(4096, 0)


def test_what_is_no_database_or_ends_within_a_page_is_refused(tmp_path, world) -> None:
    path = tmp_path / "other"
    for content in (b"text" * 100, b"SQLite format 3\0"):
        path.write_bytes(content)
        with pytest.raises(BackupError, match="this is no SQLite database"):
            image.shape(path)
    world.sql("PRAGMA wal_checkpoint(truncate)")
    path.write_bytes(world.path.read_bytes()[:-1])
    with pytest.raises(BackupError, match="the file ends within a page"):
        image.shape(path)


def test_pages_that_are_otherwise_or_new_are_found(monkeypatch) -> None:
    monkeypatch.setattr(image, "_BLOCK", 512 * 3)
    old = [os.urandom(512) for _ in range(8)]
    new = [*old, *(os.urandom(512) for _ in range(4))]
    new[0] = new[7] = b"x" * 512

    def numbers(before: list[bytes], after: list[bytes]) -> list[int]:
        files = (io.BytesIO(b"".join(each)) for each in (before, after))
        return list(image.changed(*files, 512))

    assert numbers(old, new) == [1, 8, 9, 10, 11, 12]
    assert numbers(old, old) == []
    assert numbers(new, old) == [1, 8]
    assert numbers([], old) == list(range(1, 9))


def test_a_root_is_that_of_each_page_at_its_place(tmp_path) -> None:
    path, content = tmp_path / "image", os.urandom(2048)
    path.write_bytes(content)
    root = ROOTS.of(path, 512)
    assert root == ROOTS.of(path, 512) != Roots(b"j" * 32).of(path, 512)
    path.write_bytes(content[512:1024] + content[:512] + content[1024:])
    assert ROOTS.of(path, 512) != root
    changed = ROOTS.page(1, content[:512]) ^ ROOTS.page(1, b"x" * 512)
    path.write_bytes(b"x" * 512 + content[512:])
    assert ROOTS.of(path, 512) == root ^ changed


def test_an_image_has_what_was_committed_and_only_that(world, tmp_path) -> None:
    with app(world.path, "BEGIN IMMEDIATE", "INSERT INTO entry (body) VALUES ('not yet')"):
        Source(world.path).take(tmp_path / "taken")
    assert world.rows((tmp_path / "taken").read_bytes(), "SELECT body FROM entry") == [("first",)]


def test_a_full_disk_is_told_of_the_copy_not_of_the_database(tmp_path) -> None:
    class OnFullDisk:
        def backup(self, target, pages) -> None:
            target.execute("PRAGMA max_page_count=1")
            target.execute("CREATE TABLE entry (body)")

    with pytest.raises(BackupError, match="No space left") as caught:
        image.take(OnFullDisk(), tmp_path / "taken")
    assert caught.value.where == str(tmp_path / "taken")
    assert "room" in caught.value.next


def test_whoever_looks_sees_the_transaction_that_is_taken(world, tmp_path) -> None:
    def look(connection: sqlite3.Connection) -> list[tuple[str]]:
        seen = connection.execute("SELECT body FROM entry").fetchall()
        world.sql("INSERT INTO entry (body) VALUES ('meanwhile')")
        return seen

    found = Source(world.path)
    found.take(tmp_path / "taken", look)
    assert [tuple(row) for row in found.looked] == world.rows(
        (tmp_path / "taken").read_bytes(), "SELECT body FROM entry"
    )


def test_a_database_is_read_again_only_when_its_files_changed(world, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(source, "RACY", 0)
    world.sql("PRAGMA journal_mode=delete")
    found = Source(world.path)
    assert found.changed()
    found.take(tmp_path / "taken")
    assert not found.changed()
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    assert found.changed()
    found.take(tmp_path / "taken")
    found.forget()
    assert found.changed()


def test_a_change_within_the_same_tick_is_not_missed(world, tmp_path) -> None:
    found = Source(world.path)
    world.sql("INSERT INTO entry (body) VALUES ('just now')")
    found.take(tmp_path / "taken")
    assert found.changed()


def test_a_file_is_opened_within_what_was_given(world, tmp_path) -> None:
    entered = []

    @contextmanager
    def acting():
        entered.append(1)
        yield
        entered.append(-1)

    Source(world.path, acting).take(tmp_path / "taken")
    assert entered[:2] == [1, -1]
    assert sum(entered) == 0


def test_a_database_that_is_not_there_is_an_error_with_its_path(tmp_path) -> None:
    found = Source(tmp_path / "none.db")
    with pytest.raises(BackupError, match="cannot read: No such file") as caught:
        found.take(tmp_path / "taken")
    assert caught.value.where == str(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
