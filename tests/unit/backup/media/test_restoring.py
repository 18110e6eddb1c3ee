"""A folder's files brought back: all as it was, and nothing that was there is lost."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager

from flipside.backup.media.contents import CHUNK_SIZE


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
