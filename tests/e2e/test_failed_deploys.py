"""Releases that do not answer as they should: the one before goes on serving, and the app says why."""

import json

import pytest
from e2e.harm import programs, says, serves

NEVER = "import time\ntime.sleep(60)\n"
WRITES = 'import os\nwith open("own.txt", "w") as file:\n    file.write("lost")\n'


@pytest.fixture(scope="module")
def app(platform):
    """An app that serves, whose next releases fail."""
    made = platform.app("failing").make(health={"path": "/up", "timeout": 3})
    made.release = made.ship("1")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def fail(app, extra, *words):
    """Publish and deploy a release with that code: it is refused and leaves nothing behind."""
    before = [path.name for path in app.place().joinpath("generations").iterdir()]
    app.write(extra_py=extra)
    release = app.publish("2")
    done = says(app.run("app.deploy"), *words)
    serves(app, app.release)
    after = [path.name for path in app.place().joinpath("generations").iterdir()]
    assert after == before
    assert len(programs(app)) == 1
    last = json.loads((app.platform / "store/audit.jsonl").read_text().splitlines()[-1])
    assert (last["action"], last["result"], last["release"]) == ("deploy", "failed", release)
    return done


def test_an_import_that_fails_shows_the_traceback_of_the_app(app):
    words = ("Traceback", "extra.py", "import no_such_module", "ModuleNotFoundError")
    fail(app, "import no_such_module\n", *words)


def test_an_answer_of_500_shows_the_answer(app):
    fail(app, "UP = '500 Broken'\n", "GET /up answered 500")


def test_an_exception_in_the_view_shows_its_traceback(app):
    fail(app, "UP = property()\n", "GET /up", "Traceback", "app.py", "TypeError")


def test_no_answer_within_the_time_limit(app):
    fail(app, NEVER, "3 s")


def test_an_app_that_ends_itself(app):
    fail(app, "import os\nos._exit(3)\n", "error")


def test_an_app_that_writes_into_its_own_tree_is_told_the_path(app):
    fail(app, WRITES, "own.txt", "data:")


def test_a_callable_that_the_module_lacks(app):
    app.configure(wsgi={"callable": "app:application"})
    app.write(extra_py="", app_py="applicatoin = None\n")
    app.publish("2")
    says(app.run("app.deploy"), "application")
    serves(app, app.release)


def test_a_first_release_that_fails_leaves_nothing_running(make_app):
    app = make_app("stillborn", health={"path": "/up", "timeout": 3})
    app.write(extra_py="import no_such_module\n")
    app.publish("1")
    says(app.run("app.deploy"), "ModuleNotFoundError", "extra.py")
    assert not programs(app)
    assert app.http("/").status == 404
    app.write(extra_py="")
    serves(app, app.ship("2"), "2")
