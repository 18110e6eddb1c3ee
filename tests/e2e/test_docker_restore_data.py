"""Databases in place of an app's own where each app has a user: done with its rights, and its own again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pytest
from e2e.inside import row, serves, sh, state
from e2e.load import Load
from e2e.rig import App

from flipside.machine import users

HEAD = """\
import json, shutil, sqlite3, sys
from contextlib import closing
from pathlib import Path
from flipside.machine import snapshot, users
from flipside.machine.layout import Layout
from flipside.machine.verbs.context import Context
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.restore import restore_data

layout, app = Layout.from_root(Path("/srv/flipside")), sys.argv[1]
given = layout.app_dir(app, "production") / "given"
"""
# Root makes the files, as of a backup, and gives them to the app.
COPY = """\
given.mkdir()
live = layout.data(app, "production") / "rows.db"
with closing(sqlite3.connect(live)) as source, closing(sqlite3.connect(given / "rows.db")) as copy:
    source.backup(copy)
snapshot.complete(given)
users.give(given, users.account(layout, app))
"""
PUT = """\
order = Order(Context(layout, lambda event: None), app, "production", "eve@e2e")
report = restore_data(order, given)
shutil.rmtree(given)
print(json.dumps(report))
"""
MIGRATE = """\
import os, sqlite3
db = sqlite3.connect(os.environ["DATA_DIR"] + "/rows.db", isolation_level=None)
db.execute("CREATE TABLE made (x)")
"""


def run(app: App, code: str) -> str:
    """Run code of ours as root on the machine; what it prints."""
    lead = "PYTHONPATH=/srv/flipside/lib /srv/flipside/venv/bin/python -"
    done = app.platform.sh(f"{lead} {app.name}", stdin=HEAD + code)
    assert done.status == 0, str(done)
    return done.out


def put(app: App) -> Any:
    """Put the copy in place; the report."""
    return json.loads(run(app, PUT).splitlines()[-1])


def owners(app: App, path: object) -> set[str]:
    """Who owns what is there."""
    return set(sh(app, f"find {path} -printf '%u '").split())


@pytest.fixture
def app(make_docker_app: Callable[..., App], request: pytest.FixtureRequest) -> App:
    """An app whose second row is not in the copy that was made."""
    made = make_docker_app(request.node.name.removeprefix("test_")[:20].replace("_", "-") + "-1")
    made.release = made.ship("1")
    row(made, "early")
    run(made, COPY)
    row(made, "late")
    return made


def test_running_app(app: App) -> None:
    load = Load(app.platform.port, app.host)
    with load.running() as seen:
        report = put(app)
    assert seen.failures == {}, str(seen)
    serves(app, app.release, "1")
    assert "early" in app.rows()
    assert "late" not in app.rows()
    user = users.name_of(app.name)
    assert owners(app, app.place() / "data") == {user}
    assert owners(app, report["kept"]) == {user}
    row(app, "after")


def test_stopped_app(app: App) -> None:
    app.flipside("app.stop")
    report = put(app)
    assert state(app) == "stopped"
    assert owners(app, app.place() / "data") == {users.name_of(app.name)}
    assert sh(app, f"ls {report['kept']}") == "rows.db"
    assert app.platform.flipside("platform.plan", "--json").json["changed"] == []
    app.flipside("app.start")
    assert app.rows() == ["early"]
    serves(app, app.release, "1")


def test_losses_are_counted_with_the_apps_rights(app: App) -> None:
    app.configure(steps={"deploy": ["python migrate.py"]})
    app.write(migrate_py=MIGRATE)
    app.ship("2")
    row(app, "under 2")
    done = app.fails("app.rollback", "--with-data")
    assert "rows.db: rows: 1 row written since " in done.out
    snapshots = PurePosixPath(app.place()) / "snapshots"
    assert sh(app, f"ls {snapshots}") == "2"
    assert owners(app, app.place() / "data") == {users.name_of(app.name)}
    app.flipside("app.rollback", "--with-data", "--yes")
    assert app.rows() == ["early", "late"]
