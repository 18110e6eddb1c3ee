"""What a pass stores: nothing, an increment, or a base; and where it goes on after anything."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest
from unit.backup.altered import flip

from flipside.backup.database import steps
from flipside.backup.database import writer as module
from flipside.backup.errors import BackupError, DamagedError
from flipside.errors import FlipsideError

FILL = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x < {n})"
FILL += " INSERT INTO entry (body) SELECT hex(randomblob(100)) FROM n"


def test_a_base_then_increments_then_nothing(world) -> None:
    assert world.once().kind == "base"
    assert world.once() is None
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    stored = world.once()
    assert (stored.kind, stored.at) == ("increment", world.now)
    assert world.once() is None
    world.whole()


CHANGES = {
    "grow": [FILL.format(n=2000)],
    "shrink": [FILL.format(n=2000), "DELETE FROM entry WHERE id > 1", "VACUUM"],
    "shrink and regrow": [
        FILL.format(n=2000),
        "DELETE FROM entry WHERE id > 1",
        "VACUUM",
        FILL.format(n=500),
    ],
    "other page size": ["PRAGMA journal_mode=delete", "PRAGMA page_size=8192", "VACUUM"],
    "auto vacuum": ["PRAGMA auto_vacuum=full", "VACUUM", FILL.format(n=900), "DELETE FROM entry"],
    "journal": ["PRAGMA journal_mode=delete", "INSERT INTO entry (body) VALUES ('x')"],
    "drop": ["DROP TABLE entry"],
    "blobs": ["INSERT INTO entry (body) VALUES (randomblob(3000000))"],
}


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("restarted", [False, True])
def test_whatever_happens_to_it_each_moment_restores(world, statements, restarted) -> None:
    world.once()
    for statement in statements:
        world.sql(statement)
        if restarted:
            world.writer = world.agent()
        world.once()
    world.whole()


def test_a_file_that_was_made_anew_is_kept_on(world) -> None:
    world.once()
    world.path.unlink()
    for suffix in ("-wal", "-shm"):
        world.path.with_name(world.path.name + suffix).unlink(missing_ok=True)
    with pytest.raises(FlipsideError, match="cannot read"):
        world.once()
    world.sql("CREATE TABLE other (x)", "INSERT INTO other VALUES (1)")
    assert world.once() is not None
    world.whole()


def test_a_file_that_is_no_database_is_said_and_nothing_is_stored(world) -> None:
    world.once()
    before = world.moments()
    world.path.with_name("app.db-wal").unlink(missing_ok=True)
    world.path.write_bytes(b"no database at all, though long enough" * 200)
    with pytest.raises(FlipsideError):
        world.once()
    assert world.moments() == before


def test_a_clock_that_goes_back_a_little_puts_no_moment_before_another(world) -> None:
    world.once()
    first = world.now
    world.now -= module.SKEW / 2
    world.sql("INSERT INTO entry (body) VALUES ('later')")
    assert world.once().at > first
    world.whole()


def test_a_clock_that_goes_far_back_begins_anew_with_the_right_time(world) -> None:
    world.once()
    world.now -= 5000
    world.sql("INSERT INTO entry (body) VALUES ('later')")
    stored = world.once()
    assert (stored.kind, stored.at) == ("base", world.now)
    world.whole()


def test_where_most_has_changed_a_new_base_takes_no_more(world, monkeypatch) -> None:
    monkeypatch.setattr(module, "FEW", 2)
    world.once()
    world.sql(FILL.format(n=500))
    assert world.once().kind == "base"
    assert len(world.chains()) == 2
    world.whole()


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES)
def test_what_does_not_fit_into_an_increment_is_put_in_parts_and_is_one_moment(
    world, statements, monkeypatch
) -> None:
    monkeypatch.setattr(steps, "most", lambda page_size: 3)
    world.once()
    for statement in statements:
        world.sql(statement)
        world.once()
    world.whole()
    assert len(world.moments()) == len(world.images)


def test_a_part_that_is_left_alone_is_no_moment_and_is_gone_on_from(world, monkeypatch) -> None:
    monkeypatch.setattr(steps, "most", lambda page_size: 3)
    world.once()
    world.sql(FILL.format(n=400))
    put, left = world.storage.put, 2

    def fails(name: str, data: bytes) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise BackupError("the storage does not answer")
        put(name, data)

    monkeypatch.setattr(world.storage, "put", fails)
    with pytest.raises(BackupError, match="does not answer"):
        world.once()
    monkeypatch.setattr(world.storage, "put", put)
    assert world.moments() == list(world.images)
    world.writer = world.agent()
    assert world.once().kind == "increment"
    world.whole()


def test_a_base_that_is_a_day_old_is_followed_by_another_once_something_changes(world) -> None:
    world.once()
    world.now += module.DAY
    assert world.once() is None
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    assert world.once().kind == "base"
    world.whole()


def test_what_recipients_cannot_open_any_more_they_get_nothing_new_of(world) -> None:
    world.once()
    world.writer.recipients = (*world.writer.recipients, *world.writer.recipients)
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    assert world.once().kind == "base"


def test_a_damaged_database_is_said_and_what_is_kept_of_it_stays(world) -> None:
    world.sql(FILL.format(n=2000), "PRAGMA wal_checkpoint(truncate)", "PRAGMA journal_mode=delete")
    world.once()
    before = world.moments()
    with world.path.open("rb+") as file:
        file.seek(3 * 4096)
        file.write(b"x" * 4096)
    world.now += module.LOOK
    with pytest.raises(DamagedError, match="damaged"):
        world.once()
    assert world.moments() == before


def test_another_process_may_make_a_pass_in_between(world) -> None:
    world.once()
    other = world.agent()
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    world.now += 1
    assert other.once().kind == "increment"
    world.sql("INSERT INTO entry (body) VALUES ('third')")
    world.now += 1
    assert world.writer.once().kind == "increment"
    assert len(world.chains()) == 1
    assert world.rows(world.restored(), "SELECT count(*) FROM entry") == [(3,)]


def test_a_look_is_at_what_is_kept(world) -> None:
    world.writer.once(lambda c: c.execute("SELECT count(*) FROM entry").fetchone()[0])
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    assert world.writer.source.looked == 1
    assert world.rows(world.restored(), "SELECT count(*) FROM entry") == [(1,)]


def test_a_machine_set_back_begins_anew_rather_than_fork_a_chain(world) -> None:
    """Its state is of before an increment that the repository has."""
    world.once()
    saved = {path.name: path.read_bytes() for path in world.writer.state.folder.iterdir()}
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    world.once()
    for name, content in saved.items():
        (world.writer.state.folder / name).write_bytes(content)

    world.writer = world.agent()
    world.sql("INSERT INTO entry (body) VALUES ('third')")
    assert world.once().kind == "base"
    world.whole()


def test_state_that_is_lost_or_damaged_costs_a_base(world) -> None:
    world.once()
    for name in ("image", "state.json"):
        (world.writer.state.folder / name).unlink()

        world.writer = world.agent()
        assert world.once().kind == "base"
    flip(world.writer.state.folder / "image")

    world.writer = world.agent()
    assert world.once().kind == "base"
    world.whole()


@pytest.mark.parametrize("seed", range(6))
def test_random_histories_restore_at_each_time(world, seed) -> None:
    chance, times = random.Random(seed), []
    for _ in range(25):
        # An app is another process: a connection of ours would be seen by what reads the database.
        with closing(sqlite3.connect(world.path, isolation_level=None)) as app:
            for _ in range(chance.randrange(4)):
                _something(app, chance)
        if chance.random() < 0.1:
            world.writer = world.agent()
        world.once()
        times.append((world.now, list(world.images)[-1]))
    for at, moment in times:
        assert world.restored(at=at) == world.images[moment]
    world.whole()


def _something(app: sqlite3.Connection, chance: random.Random) -> None:
    app.execute(
        chance.choice(
            [
                FILL.format(n=chance.randrange(1, 300)),
                "UPDATE entry SET body = body || 'x' WHERE id % 7 = 0",
                f"DELETE FROM entry WHERE id % {chance.randrange(2, 9)} = 1",
                "PRAGMA wal_checkpoint(truncate)",
                "VACUUM",
                "INSERT INTO entry (body) VALUES (hex(randomblob(20000)))",
            ]
        )
    ).fetchall()
