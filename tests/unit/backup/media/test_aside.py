"""What is in the way is kept beside, with all that is its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing


def test_a_database_in_the_way_is_kept_with_all_that_is_its_own(stored, out) -> None:
    (out / "a").unlink()
    with closing(sqlite3.connect(out / "a", isolation_level=None)) as database:
        for statement in (
            "PRAGMA journal_mode=wal",
            "CREATE TABLE t (x)",
            "INSERT INTO t VALUES (7)",
        ):
            database.execute(statement)
        done = stored.restore(out)
        assert stored.tree(out).items() >= stored.tree().items()
        assert not (out / "a-wal").exists()
        with closing(sqlite3.connect(done.kept[0])) as aside:
            assert aside.execute("SELECT x FROM t").fetchall() == [(7,)]


def test_names_as_long_as_can_be_are_kept_beside_too(world) -> None:
    longest = "é" * 127 + "x"
    world.write(longest, "one")
    world.once()
    world.write(longest, "two")
    done = world.restore(world.data)
    assert (world.data / longest).read_text() == "one"
    assert [path.read_text() for path in done.kept] == ["two"]
