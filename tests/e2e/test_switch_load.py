"""Nothing is lost while an app is switched: every request counts, and every row that was promised."""

import sys

import pytest
from e2e.load import Load

MIGRATION = {
    "steps": {
        "deploy": [
            {
                "run": "python -c \"import time; time.sleep(1); open('$DATA_DIR/done-2', 'w')\"",
                "unless": "test -e $DATA_DIR/done-2 -o $(cat version.txt) = 1",
            }
        ]
    }
}


def live(make_app, name, **changes):
    """An app of two threads, as the template's apps have, with its second release published."""
    app = make_app(name, **changes)
    app.write(version_txt="1")
    app.ship("1")
    app.publish("2")
    return app


def switched(app, do):
    """Do it under load; nobody may notice but by the clock."""
    load = Load(app.platform.port, app.host)
    with load.running() as seen:
        do()
    sys.stdout.write(f"\n{app.name}: {seen}\n")
    assert seen.failures == {}, str(seen)
    assert seen.slow > 0
    lost = set(seen.posted) - set(app.rows())
    assert not lost
    return seen


def test_nothing_is_lost_by_a_deploy_and_a_rollback(make_app):
    app = live(make_app, "load-plain")
    seen = switched(app, app.deploy)
    assert seen.versions.keys() == {"1", "2"}
    assert app.version == "2"
    seen = switched(app, lambda: app.flipside("app.rollback"))
    assert seen.versions.keys() == {"1", "2"}
    assert app.version == "1"


def test_nothing_is_lost_by_a_deploy_with_a_migration(make_app):
    app = live(make_app, "load-migrates", **MIGRATION)
    seen = switched(app, app.deploy)
    assert seen.versions.keys() == {"1", "2"}
    assert (app.place() / "data/done-2").exists()


def test_nothing_is_lost_by_a_deploy_that_fails(make_app):
    app = live(make_app, "load-fails")
    app.write(extra_py="raise RuntimeError('not today')\n")
    app.publish("3")
    seen = switched(app, lambda: app.fails("app.deploy"))
    assert seen.versions.keys() == {"1"}


@pytest.mark.parametrize("change", [("app.restart",), ("app.config", "set", "A=1")])
def test_nothing_is_lost_by_a_hot_restart_or_a_changed_env(make_app, change):
    app = make_app(f"load-{change[0][4:]}")
    app.ship()
    switched(app, lambda: app.flipside(*change))
