"""Migrations that fail: the databases are as before, to the byte, and nobody's request is lost."""

import sqlite3
import threading

import pytest
from e2e.harm import files, programs, row, says, serves

BREAK = "raise SystemExit('it broke here')\n"
HEAD = """\
import os, sqlite3
db = sqlite3.connect(os.environ["DATA_DIR"] + "/rows.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS rows (word TEXT PRIMARY KEY)")
"""
CHANGE = """\
db.execute("ALTER TABLE rows ADD COLUMN half TEXT NOT NULL DEFAULT 'done'")
db.execute("INSERT INTO rows VALUES ('migrated', '')")
open(os.environ["DATA_DIR"] + "/new.db", "wb").write(b"SQLite format 3\\0" + bytes(84))
"""
STEPS = {"deploy": [{"run": "python migrate.py", "timeout": 20}]}


@pytest.fixture(scope="module")
def app(platform):
    """An app that serves and has rows, whose next migrations fail."""
    made = platform.app("migrating").make(steps=STEPS, health={"path": "/up", "timeout": 3})
    made.write(migrate_py=HEAD)
    made.release = made.ship("1")
    row(made, "first")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def dump(app):
    """The rows of the database, with its schema."""
    found = app.place() / "data/rows.db"
    connection = sqlite3.connect(found)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()


def fail(app, script, *words, extra=""):
    """Deploy a release with that migration: it is refused, and nothing has happened."""
    before, rows = dump(app), app.rows()
    app.write(migrate_py=script, extra_py=extra)
    app.publish("2")
    says(app.run("app.deploy"), *words)
    serves(app, app.release)
    assert dump(app) == before
    assert app.rows() == rows
    assert set(files(app)) <= {"rows.db", "rows.db-wal"}
    assert len(programs(app)) == 1


def test_a_migration_that_fails_at_once(app):
    fail(app, BREAK, "python migrate.py", "it broke here", "app.publish")


def test_one_that_has_changed_the_schema_already(app):
    fail(app, HEAD + CHANGE + BREAK, "it broke here")


def test_what_is_written_between_two_failures_stays(app):
    row(app, "between")
    fail(app, HEAD + CHANGE + BREAK, "it broke here")
    row(app, "after")
    fail(app, BREAK, "it broke here")
    assert app.rows() == ["first", "between", "after"]


def test_one_that_succeeds_for_a_release_that_does_not_serve(app):
    fail(app, HEAD + CHANGE, "GET /up answered 500", extra="UP = '500 Broken'\n")


def test_one_that_does_not_end(app):
    app.configure(steps={"deploy": [{"run": "python migrate.py", "timeout": 1}]})
    fail(app, HEAD + CHANGE + "import time\ntime.sleep(60)\n", "did not end within 1 s")
    app.configure(steps=STEPS)


def test_who_asks_meanwhile_gets_an_answer_from_the_old_release(app):
    slow = "import time\ntime.sleep(1.5)\n"
    app.write(migrate_py=HEAD + CHANGE + slow + BREAK, extra_py="")
    app.publish("2")
    answers, over = [], threading.Event()

    def ask():
        number = 0
        while not over.wait(0.1):
            number += 1
            answers.append(app.http("/rows", method="POST", body=f"held {number}").status)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        says(app.run("app.deploy"), "it broke here")
    finally:
        over.set()
        asking.join()
    assert answers
    assert set(answers) == {200}
    assert len([word for word in app.rows() if word.startswith("held")]) == len(answers)


def test_then_one_that_works_is_deployed_and_nothing_was_lost(app):
    rows = app.rows()
    app.write(migrate_py=HEAD, extra_py="")
    serves(app, app.ship("3"), "3")
    assert app.rows() == rows


def test_a_first_deploy_that_fails_leaves_no_database(make_app):
    app = make_app("firstfail", steps=STEPS)
    app.write(migrate_py=HEAD + CHANGE + BREAK)
    app.publish("1")
    says(app.run("app.deploy"), "it broke here")
    assert not files(app)
    assert not programs(app)
    app.write(migrate_py=HEAD)
    serves(app, app.ship("2"), "2")
    assert app.rows() == []
