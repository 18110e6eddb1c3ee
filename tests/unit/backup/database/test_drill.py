"""The drill: what was restored is compared with what is live, and remembered as proven."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from flipside.backup import proof
from flipside.backup.database.drill import drill, rows
from flipside.backup.keys import Identities
from flipside.backup.local import Local
from flipside.secrets import identity


@pytest.fixture
def local(world) -> Local:
    """This computer's side of the world's repository."""
    return Local(world.repository, world.folder / "here")


def test_each_table_counts_its_rows_whatever_it_is_called() -> None:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute('CREATE TABLE "odd ""name" (x)')
        made.execute("CREATE TABLE sqlitely (id INTEGER PRIMARY KEY AUTOINCREMENT)")
        made.execute("INSERT INTO sqlitely DEFAULT VALUES")
        made.execute("CREATE VIEW seen AS SELECT * FROM sqlitely")
        made.execute("CREATE VIRTUAL TABLE search USING fts5(x)")
        found = rows(made)
    assert found['odd "name'] == 0
    assert found["sqlitely"] == 1
    assert {"seen", "search", "sqlite_sequence"} & set(found) == set()


def test_what_is_new_is_put_first_and_then_proven(world, local) -> None:
    found = drill(local, world.writer, world.keys)
    assert (found.moment, found.rows, found.error) == ("1.0", {"entry": 1}, None)
    world.now += 1
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    found = drill(local, world.writer, world.keys)
    assert (found.moment, found.rows) == ("1.1", {"entry": 2})
    assert proof.last(world.writer.state.folder).moment == "1.1"
    assert found.as_dict()["error"] is None


def test_nothing_is_left_of_it_on_the_disk(world, local) -> None:
    drill(local, world.writer, world.keys)
    left = [path.name for path in world.writer.state.folder.iterdir() if path.name[0] == "."]
    assert left == []


def test_other_rows_than_live_are_damage_with_how_many(world, local, monkeypatch) -> None:
    once = world.writer.once

    def late(look):
        def looked(connection):
            connection.execute("CREATE TEMP TABLE entry AS SELECT 1 UNION SELECT 2")
            return look(connection)

        return once(looked)

    monkeypatch.setattr(world.writer, "once", late)
    error = drill(local, world.writer, world.keys).error
    assert error.what == "restored are other rows than live: entry 1 for 2"
    assert proof.last(world.writer.state.folder) is None


@pytest.mark.parametrize("end", ["base", "c/00000000", "key.age"])
def test_what_is_missing_is_found_and_nothing_is_proven(world, local, end) -> None:
    world.once()
    (path,) = (world.folder / "repo/db").glob(f"*/*/{end}")
    path.unlink()
    found = drill(local, world.writer, world.keys)
    assert found.error is not None
    assert found.as_dict()["error"]["what"] == found.error.what
    assert proof.last(world.writer.state.folder) is None


def test_a_key_that_does_not_open_it_is_an_error(world, local) -> None:
    keys = Identities(world.repository, [identity.parsed(identity.generate())])
    assert "no private key" in drill(local, world.writer, keys).error.what


def test_a_database_that_is_gone_is_an_error(world, local) -> None:
    world.path.unlink()
    assert "cannot read" in drill(local, world.writer, world.keys).error.what
