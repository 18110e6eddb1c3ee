"""What a pass stores: nothing, an increment, or a base; and where it goes on after anything."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from flipside.backup import writer as module
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


def test_a_clock_that_goes_back_puts_no_moment_before_another(world) -> None:
    world.once()
    first = world.now
    world.now -= 5000
    world.sql("INSERT INTO entry (body) VALUES ('later')")
    assert world.once().at > first
    world.whole()


def test_more_than_an_increment_takes_is_a_new_base(world, monkeypatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10_000)
    world.once()
    world.sql(FILL.format(n=500))
    assert world.once().kind == "base"
    assert len(world.chains()) == 2
    world.whole()


def test_a_machine_set_back_begins_anew_rather_than_fork_a_chain(world, tmp_path) -> None:
    """Its state is of before an increment that the repository has."""
    world.once()
    saved = {path.name: path.read_bytes() for path in (tmp_path / "state").iterdir()}
    world.sql("INSERT INTO entry (body) VALUES ('second')")
    world.once()
    for name, content in saved.items():
        (tmp_path / "state" / name).write_bytes(content)

    world.writer = world.agent()
    world.sql("INSERT INTO entry (body) VALUES ('third')")
    assert world.once().kind == "base"
    world.whole()


def test_state_that_is_lost_or_damaged_costs_a_base(world, tmp_path) -> None:
    world.once()
    for name in ("image", "state.json"):
        (tmp_path / "state" / name).unlink()

        world.writer = world.agent()
        assert world.once().kind == "base"
    (tmp_path / "state/image").write_bytes((tmp_path / "state/image").read_bytes()[:-1] + b"x")

    world.writer = world.agent()
    assert world.once().kind == "base"
    world.whole()


@pytest.mark.parametrize("seed", range(6))
def test_random_histories_restore_at_each_time(world, seed) -> None:
    chance, times = random.Random(seed), []
    with closing(sqlite3.connect(world.path, isolation_level=None)) as app:
        for _ in range(25):
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
