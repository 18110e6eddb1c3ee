"""A folder's files brought back: all as it was, and nothing that was there is lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager

import pytest
from unit.backup.media.aside import KEPT, kept

from flipside.backup.errors import BackupError
from flipside.backup.media.contents import CHUNK_SIZE


def test_what_is_there_already_is_left_alone(stored, out) -> None:
    inodes = {path: path.lstat().st_ino for path in out.rglob("*")}
    done = stored.restore(out)
    assert (done.moment.id, done.restored, done.unchanged) == ("1.1", 0, 3)
    assert (done.kept, done.others, done.torn, done.skipped) == ((), (), (), ())
    assert {path: path.lstat().st_ino for path in out.rglob("*")} == inodes
    assert stored.tree(out) == stored.tree()


def test_another_file_is_kept_beside(stored, out) -> None:
    (out / "a").write_text("changed")
    (out / "sub/b").write_text("changed too")
    (out / "sub/link").unlink()
    (out / "sub/link").symlink_to(stored.folder / "key")
    done = stored.restore(out)
    assert (done.restored, done.unchanged) == (3, 0)
    assert kept(out) == {"a": "changed", "sub/b": "changed too"}
    assert sorted(KEPT.sub(r"\1", str(path)) for path in done.kept) == [
        str(out / path) for path in ("a", "sub/b", "sub/link")
    ]
    assert [str(path.readlink()) for path in done.kept if path.is_symlink()] == [
        str(stored.folder / "key")
    ]
    for path in done.kept:
        path.unlink()
    assert stored.tree(out) == stored.tree()


def test_the_right_content_gets_its_mode_and_time_back(stored, out) -> None:
    inode = (out / "a").stat().st_ino
    (out / "a").chmod(0o4777)
    os.utime(out / "sub/link", ns=(5, 5), follow_symlinks=False)
    (out / "empty").chmod(0o777)
    done = stored.restore(out)
    assert (done.restored, done.unchanged, done.kept) == (2, 1, ())
    assert (out / "a").stat().st_ino == inode
    assert stored.tree(out) == stored.tree()


def test_what_is_of_another_kind_is_kept_beside(stored, out) -> None:
    for path in ("a", "sub/link"):
        (out / path).unlink()
        (out / path).mkdir()
        (out / path / "precious").write_text(path)
    (out / "empty").rmdir()
    (out / "empty").write_text("a file")
    done = stored.restore(out)
    assert {path.read_text() for path in out.rglob("precious")} == {"a", "sub/link"}
    assert kept(out) == {"empty": "a file"}
    assert len(done.kept) == 3
    assert stored.tree(out).items() >= stored.tree().items()


def test_what_was_not_there_at_the_moment_stays_and_is_told(stored, out) -> None:
    (out / "new").write_text("x")
    (out / "new folder").mkdir()
    (out / "new folder/inner").write_text("x")
    (out / "new link").symlink_to("a")
    with closing(sqlite3.connect(out / "app.db")) as database:
        database.execute("CREATE TABLE t (x)")
    done = stored.restore(out)
    assert done.others == ("new", "new folder/inner", "new link")
    assert (out / "app.db").exists()


def test_a_file_that_a_database_would_take_for_its_log_is_left_out(world) -> None:
    """It was an ordinary file before there was that database."""
    world.write("app.db-wal", "not a log")
    world.write("app.db-journal", "nor this")
    world.write("other", "x")
    world.once()
    out = world.folder / "out"
    out.mkdir()
    with closing(sqlite3.connect(out / "app.db")) as database:
        database.execute("CREATE TABLE t (x)")
    done = world.restore(out)
    assert done.skipped == ("app.db-journal", "app.db-wal")
    assert sorted(path.name for path in out.iterdir()) == ["app.db", "other"]


def test_the_repository_is_read_while_no_other_rights_are_taken(stored, monkeypatch) -> None:
    """They are the whole process's, threads included."""
    acting = []

    @contextmanager
    def as_the_app():
        assert not acting
        acting.append(True)
        try:
            yield
        finally:
            acting.clear()

    for name in ("get", "list", "put"):
        real = getattr(stored.storage, name)

        def checked(*args, real=real, **words):
            assert not acting
            return real(*args, **words)

        monkeypatch.setattr(stored.storage, name, checked)
    stored.restore(stored.folder / "out", acting=as_the_app)
    writer = stored.agent()
    writer.scan.acting = as_the_app
    stored.write("large", os.urandom(3 * CHUNK_SIZE))
    stored.write("small", "x")
    stored.now += 1
    assert writer.once().pages == 2


def test_two_restores_into_a_folder_at_once_are_one_too_many(stored, out, monkeypatch) -> None:
    """The second would take what the first has written beside for left behind."""
    (out / "a").write_text("changed")
    real, told = os.rename, []

    def meanwhile(*args, **words):
        if not told:
            with pytest.raises(BackupError, match="another restore") as caught:
                stored.restore(out)
            told.append(caught.value)
        return real(*args, **words)

    monkeypatch.setattr(os, "rename", meanwhile)
    assert stored.restore(out).restored == 1
    assert told
    assert stored.tree(out).items() >= stored.tree().items()
    assert stored.restore(out).restored == 0


def test_a_folder_is_free_again_once_a_restore_failed(stored, out) -> None:
    with pytest.raises(BackupError, match="there is no moment"):
        stored.restore(out, id="1.7")
    (out / "a").write_text("changed")
    assert stored.restore(out).restored == 1
