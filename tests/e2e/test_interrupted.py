"""Ctrl-C and kill -9 at any moment: what served serves, the lock is free, and again it finishes."""

import json
import os
import signal

import pytest
from e2e.harm import begin, ctrl_c, ended, held, live, programs, row, serves
from e2e.rig import until

SLOW = 3
HEALTH = {"path": "/up", "timeout": 20}


@pytest.fixture(scope="module")
def app(platform):
    made = platform.app("cut").make(health=HEALTH)
    made.release = made.ship("1")
    row(made, "kept")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def slow_at(app, stage, mark):
    """Make the next release take its time at a stage, and leave a mark when it gets there."""
    pause = f"touch {mark}; sleep {SLOW}"
    wait = f"import pathlib, time\npathlib.Path('{mark}').touch()\ntime.sleep({SLOW})\n"
    app.configure(
        steps={stage: [{"run": pause, "timeout": 20}]} if stage in {"install", "deploy"} else None,
        build={"kind": "tree"} | ({"before": [pause]} if stage == "build" else {}),
    )
    app.write(extra_py=wait if stage == "health" else "")


def unharmed(app):
    serves(app, app.release, app.shown)
    assert app.rows() == ["kept"]
    assert len(programs(app)) == 1


@pytest.fixture
def mark(tmp_path, app):
    app.shown = app.version
    return tmp_path / "mark"


@pytest.mark.parametrize("stage", ["install", "deploy", "health"])
def test_ctrl_c_in_a_deploy(app, mark, stage):
    slow_at(app, stage, mark)
    release = app.publish(f"ctrl-c {stage}")
    running = begin(app, "app.deploy")
    until(mark.exists)
    done = ctrl_c(running)
    assert done.status == 130, str(done)
    assert "again" in done.err
    unharmed(app)
    app.flipside("app.deploy")
    serves(app, release, f"ctrl-c {stage}")
    app.release = release


def test_ctrl_c_in_a_publish(app, mark):
    slow_at(app, "build", mark)
    before = app.flipside("app.releases", "--json").json
    app.write(version_txt="published")
    running = begin(app, "app.publish")
    until(mark.exists)
    assert ctrl_c(running).status == 130
    assert app.flipside("app.releases", "--json").json == before
    unharmed(app)
    app.release = app.ship("published")
    serves(app, app.release, "published")


@pytest.mark.parametrize("whole_group", [False, True])
def test_the_client_is_killed_in_a_deploy(app, mark, whole_group):
    slow_at(app, "deploy", mark)
    release = app.publish(f"killed {whole_group}")
    running = begin(app, "app.deploy")
    until(mark.exists)
    os.killpg(running.pid, 9) if whole_group else os.kill(running.pid, 9)
    ended(running)
    until(lambda: not held(app), 60)
    # Nobody is left to ask for either: what counts is that one of the two is whole.
    if live(app) == app.release:
        unharmed(app)
    else:
        serves(app, release, f"killed {whole_group}")
    app.flipside("app.deploy")
    serves(app, release, f"killed {whole_group}")
    assert app.rows() == ["kept"]
    app.release = release


def test_the_job_is_killed_in_a_migration(app, mark):
    slow_at(app, "deploy", mark)
    spoil = (
        "python -c \"import os, sqlite3; c = sqlite3.connect(os.environ['DATA_DIR'] + '/rows.db', "
        "isolation_level=None); c.execute('INSERT INTO rows VALUES (?)', ['half'])\""
    )
    app.configure(
        steps={"deploy": [{"run": f"{spoil}; touch {mark}; sleep {SLOW}", "timeout": 20}]}
    )
    app.publish("lost")
    running = begin(app, "app.deploy")
    until(mark.exists)
    pid = json.loads((app.place() / "lock").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    done = ended(running)
    assert done.status == 1, str(done)
    assert "lost the job" in done.err
    unharmed(app)
    # What is published next has no migration.
    slow_at(app, "none", mark)
    app.release, app.shown = app.ship("mended"), "mended"
    unharmed(app)
