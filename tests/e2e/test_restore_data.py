"""Databases from elsewhere in place of an app's own: nobody's request is lost, and nothing half done."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from e2e.harm import ended, files, held, live, programs, row, serves
from e2e.load import Load
from e2e.rig import environment, until

from flipside.machine import snapshot

# What a verb does that has made a snapshot.
DRIVER = """\
import json, sys
from pathlib import Path
from flipside.machine.layout import Layout
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.restore import restore_data

root, app, given = sys.argv[1:]
context = Context(Layout.from_root(Path(root)), lambda event: None)
print(json.dumps(restore_data(Order(context, app, "production", "eve@e2e"), Path(given))))
"""
MIGRATE = """\
import os, pathlib, sqlite3, sys, time
data = pathlib.Path(os.environ["DATA_DIR"])
db = sqlite3.connect(data / "rows.db", isolation_level=None)
if sys.argv[1:]:
    db.execute("SELECT x FROM migrated")
    raise SystemExit
words = {row[0] for row in db.execute("SELECT word FROM rows")}
db.execute("INSERT INTO rows VALUES ('half')")
if "poison" in words:
    raise SystemExit("it broke here")
if "slow" in words:
    (data / "mark").touch()
    time.sleep(5)
db.execute("DELETE FROM rows WHERE word = 'half'")
db.execute("CREATE TABLE migrated (x)")
"""
STEP = {"run": "python migrate.py", "unless": "python migrate.py asked", "timeout": 30}


@pytest.fixture(scope="module")
def app(platform, tmp_path_factory):
    """An app whose databases were migrated since a copy of them was made."""
    made = platform.app("returning").make(health={"path": "/up", "timeout": 20})
    made.release = made.ship("1")
    row(made, "early")
    made.old = tmp_path_factory.mktemp("copies") / "old"
    snapshot.take(made.place() / "data", made.old)
    made.configure(steps={"deploy": [STEP]})
    made.write(migrate_py=MIGRATE)
    made.release = made.ship("2")
    row(made, "late")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def copy_with(app, word, folder):
    """The copy, with another word in it."""
    made = folder / word
    shutil.copytree(app.old, made)
    with closing(sqlite3.connect(made / "rows.db")) as database, database:
        database.execute("INSERT INTO rows VALUES (?)", [word])
    return made


def begin(app, given):
    """Start to put databases in place of the app's."""
    platform = app.platform
    argv = [platform / "venv/bin/python", "-c", DRIVER, platform.root, app.name, given]
    return subprocess.Popen(
        list(map(str, argv)),
        env=environment(platform.home, PYTHONPATH=str(platform / "lib")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def put(app, given):
    """Put them in place; the report."""
    done = ended(begin(app, given))
    assert done.status == 0, str(done)
    return json.loads(done.last)


def words(folder):
    """The rows of a copy."""
    with closing(sqlite3.connect(folder / "rows.db")) as database:
        return {found[0] for found in database.execute("SELECT word FROM rows")}


def is_migrated(app):
    with closing(sqlite3.connect(app.place() / "data/rows.db")) as database:
        found = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'migrated'")
        return found.fetchone() == (1,)


@pytest.fixture
def unharmed(app):
    """Check that an app is as it was."""
    rows, generation = app.rows(), app.status["generation"]

    def check():
        serves(app, app.release, "2")
        assert app.rows() == rows
        assert app.status["generation"] == generation
        assert set(files(app)) <= {"rows.db", "rows.db-wal", "mark"}
        assert is_migrated(app)
        assert len(programs(app)) == 1

    return check


def test_every_request_is_answered_and_every_row_is_somewhere(app):
    before = app.rows()
    load = Load(app.platform.port, app.host)
    with load.running() as seen:
        report = put(app, app.old)
    sys.stdout.write(f"\n{app.name}: {seen}\n")
    assert seen.failures == {}, str(seen)
    assert seen.slow > 0
    serves(app, app.release, "2")
    assert report["ran"] == [STEP["run"]]
    assert report["traffic"]["failed"] == 0
    assert is_migrated(app)
    now, kept = set(app.rows()), words(Path(report["kept"]))
    assert "early" in now
    assert "late" not in now
    assert set(before) <= kept
    assert set(seen.posted) <= now | kept
    # Nobody was told of a row that both have: one was written before the switch, or after.
    assert not set(seen.posted) & now & kept
    entry = app.flipside("app.history", "--json").json[0]
    assert (entry["action"], entry["result"], entry["by"]) == ("restore", "ok", "eve@e2e")
    assert report["kept"] in entry["detail"]


def test_what_was_replaced_can_be_put_back(app):
    row(app, "between")
    kept = Path(put(app, app.old)["kept"])
    assert app.rows() == ["early"]
    again = put(app, kept)
    assert again["ran"] == []
    assert "between" in app.rows()
    assert [path.name for path in kept.parent.iterdir()] == [Path(again["kept"]).name]


def test_a_rollback_does_not_take_what_was_restored_for_what_it_was(app):
    """Version 1 never served on it: that is for a person to say."""
    refused = app.fails("app.rollback")
    assert "a restore lies between" in refused.err
    assert "--keep-data" in refused.err
    serves(app, app.release, "2")


def test_a_step_that_fails_on_it_leaves_all_as_it_was(app, tmp_path):
    row(app, "before the failure")
    before = app.rows()
    given = copy_with(app, "poison", tmp_path)
    load = Load(app.platform.port, app.host)
    with load.running() as seen:
        done = ended(begin(app, given))
    assert done.status == 1, str(done)
    assert "it broke here" in done.err
    assert seen.failures == {}, str(seen)
    assert set(app.rows()) == {*before, *seen.posted}
    serves(app, app.release, "2")
    assert is_migrated(app)
    assert len(programs(app)) == 1
    entry = app.flipside("app.history", "--json").json[0]
    assert (entry["action"], entry["result"]) == ("restore", "failed")


def test_a_copy_that_is_damaged_leaves_all_as_it_was(app, unharmed, tmp_path):
    given = copy_with(app, "damaged", tmp_path)
    (given / "rows.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    done = ended(begin(app, given))
    assert done.status == 1, str(done)
    assert "is damaged" in done.err
    unharmed()


@pytest.mark.parametrize("also", ["nobody", "who asked"])
def test_the_job_is_killed_midway(app, unharmed, tmp_path, also):
    """The next one who comes undoes it, with the copy gone that nobody may know of."""
    row(app, f"before {also}")
    rows = app.rows()
    given, mark = copy_with(app, "slow", tmp_path), app.place() / "data/mark"
    mark.unlink(missing_ok=True)
    running = begin(app, given)
    until(mark.exists)
    assert (app.place() / "switching.json").exists()
    shutil.rmtree(given)
    pid = json.loads((app.place() / "lock").read_text())["pid"]
    if also == "who asked":
        running.kill()
    os.kill(pid, signal.SIGKILL)
    done = ended(running)
    assert done.status != 0
    if also == "who asked":
        until(lambda: not held(app), 30)
        app.platform.flipside("platform.apply")
    else:
        assert "lost the job" in done.err
    assert live(app) == app.release
    assert app.rows() == rows
    assert not (app.place() / "switching.json").exists()
    assert is_migrated(app)
    mark.unlink()
    assert put(app, app.old)["ran"] == [STEP["run"]]
    assert app.rows() == ["early"]


def test_a_damaged_database_is_replaced(app):
    """The app serves nothing from it; it is kept as it was."""
    row(app, "lost")
    app.flipside("app.stop")
    spoilt = b"SQLite format 3\0" + b"\xff" * 5000
    for path in (app.place() / "data").glob("rows.db*"):
        path.unlink()
    (app.place() / "data/rows.db").write_bytes(spoilt)
    app.flipside("app.start")
    assert app.http("/rows").status == 502
    report = put(app, app.old)
    assert app.rows() == ["early"]
    assert (Path(report["kept"]) / "rows.db").read_bytes() == spoilt


def test_a_stopped_app_stays_stopped(app, tmp_path):
    row(app, "while it ran")
    app.flipside("app.stop")
    done = ended(begin(app, copy_with(app, "poison", tmp_path)))
    assert "it broke here" in done.err
    assert "while it ran" in words(app.place() / "data")
    report = put(app, app.old)
    assert report["ran"] == [STEP["run"]]
    assert "while it ran" in words(Path(report["kept"]))
    assert app.status["state"] == "stopped"
    assert app.http("/rows").status == 503
    assert programs(app) == []
    assert app.platform.flipside("platform.plan", "--json").json["changed"] == []
    app.flipside("app.start")
    serves(app, app.release, "2")
    assert app.rows() == ["early"]
