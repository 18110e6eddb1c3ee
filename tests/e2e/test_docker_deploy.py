"""What a person does with an app on a machine with systemd, and what of it can be seen there."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from e2e.inside import live, row, serves, sh, sockets, units
from e2e.load import Load
from e2e.rig import App, until
from e2e.rig_docker import DockerPlatform

from flipside.machine import users

# A migration of a second, that changes the database, once.
MIGRATE = """\
import os, sqlite3, sys, time
db = sqlite3.connect(os.environ["DATA_DIR"] + "/rows.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE TABLE IF NOT EXISTS rows (word TEXT PRIMARY KEY)")
db.execute("INSERT OR IGNORE INTO rows VALUES ('migrated')")
time.sleep(1)
sys.exit(open("version.txt").read() == "broken" and "it broke here")
"""
INSTALLED = "find {}/releases /srv/flipside/cache/wheels -printf '%p %i %C@\\n' | sort"
STEPS = {"deploy": [{"run": "python migrate.py", "unless": "test $(cat version.txt) = 1"}]}


@pytest.fixture
def app(make_docker_app: Callable[..., App], request: pytest.FixtureRequest) -> App:
    """An app with a release that serves, named for its test."""
    name = request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-")
    made = make_docker_app(name)
    made.release = made.ship("1")
    return made


def switched(app: App, do: Callable[[], object]) -> set[str]:
    """Do it under load; nobody may notice. Return the versions that answered."""
    load = Load(app.platform.port, app.host)
    with load.running() as seen:
        do()
    assert seen.failures == {}, str(seen)
    assert seen.slow > 0
    assert set(seen.posted) <= set(app.rows())
    return set(seen.versions)


def test_rollback_brings_the_kept_generation_back(app: App) -> None:
    second = app.ship("2")
    assert app.status["generation"] == 2
    installed = sh(app, INSTALLED.format(app.place()))
    app.flipside("app.rollback")
    assert app.status["generation"] == 1
    assert sh(app, INSTALLED.format(app.place())) == installed
    serves(app, app.release, "1")
    app.deploy("--release", second)
    assert app.status["generation"] == 2
    serves(app, second, "2")


def test_nobody_notices_deploys_and_rollbacks(app: App) -> None:
    app.publish("2")
    assert switched(app, app.deploy) == {"1", "2"}
    assert switched(app, lambda: app.flipside("app.rollback")) == {"1", "2"}
    assert app.version == "1"


def test_nobody_notices_a_migration(app: App) -> None:
    app.configure(steps=STEPS)
    app.write(migrate_py=MIGRATE)
    app.publish("2")
    assert switched(app, app.deploy) == {"1", "2"}
    assert "migrated" in app.rows()


def test_migration_that_fails_is_undone_and_who_waited_is_answered(app: App) -> None:
    row(app, "first")
    app.configure(steps=STEPS)
    app.write(migrate_py=MIGRATE)
    app.publish("broken")
    assert switched(app, lambda: app.fails("app.deploy")) == {"1"}
    assert "migrated" not in app.rows()
    assert app.rows()[0] == "first"
    serves(app, app.release, "1")
    assert units(app) == {"1.socket", "1.service"}


def test_config_and_restarts(app: App) -> None:
    def process() -> dict[str, object]:
        return dict(app.http("/process").json)

    first = process()["pid"]
    app.flipside("app.config", "set", "GREETING=ho ho")
    assert process()["env"]["GREETING"] == "ho ho"
    second = process()["pid"]
    app.flipside("app.restart")
    third = process()["pid"]
    assert len({first, second, third}) == 3
    generation = app.status["generation"]
    app.flipside("app.restart", "--cold")
    assert process()["pid"] != third
    assert app.status["generation"] == generation
    assert app.version == "1"


@pytest.mark.parametrize("change", [("app.restart",), ("app.config", "set", "A=1")])
def test_nobody_notices(make_docker_app: Callable[..., App], change: tuple[str, ...]) -> None:
    app = make_docker_app(f"unnoticed-{change[0][4:]}")
    app.ship()
    switched(app, lambda: app.flipside(*change))


def test_stopped_it_stays_stopped_until_started(app: App, docker_platform: DockerPlatform) -> None:
    app.flipside("app.stop")
    assert (app.status["state"], app.http("/").status) == ("stopped", 503)
    assert docker_platform.flipside("platform.apply", "--json").json["changed"] == []
    assert (app.status["state"], app.http("/").status) == ("stopped", 503)
    assert "app.start" in app.fails("app.restart").err
    app.flipside("app.start")
    serves(app, app.release, "1")


def test_commands_run_as_the_app(app: App) -> None:
    done = app.flipside(
        "app.exec", "--", "sh", "-c", "id -un; pwd; echo $DATA_DIR; cat", stdin="fed"
    )
    tree = app.http("/process").json["cwd"]
    owner = users.name_of(app.name)
    assert done.out == f"{owner}\n{tree}\n{app.place()}/data\nfed"
    assert app.run("app.exec", "--", "sh", "-c", "exit 9").status == 9
    assert app.run("app.exec", "--", "touch", "here").status != 0
    asked = "import os; print(os.getuid() > 0, os.environ['DATA_DIR'])"
    assert f"True {app.place()}/data" in app.flipside("app.shell", stdin=asked).out


def test_logs_are_told(app: App) -> None:
    app.write(extra_py='print("loud and clear", flush=True)\n')
    app.ship("2")
    app.http("/seen?by=access")
    until(lambda: "loud and clear" in app.flipside("app.logs", "-n", "50").out)
    until(lambda: "/seen?by=access" in app.flipside("app.logs", "--access").out)


def test_destroyed_it_leaves_nothing_but_its_data(app: App) -> None:
    owner = users.name_of(app.name)
    row(app, "kept")
    app.ship("2")
    assert sockets(app) >= {"1.sock", "2.sock"}
    assert str(app.place() / "data") in app.flipside("app.destroy", "--yes").out
    assert (units(app), sockets(app)) == (set(), set())
    assert sh(app, f"ls {app.place()}") == "data\nlock"
    assert sh(app, f"stat -c %U {app.place()}/data") == owner
    assert app.http("/").status == 404
    app.deploy()
    assert app.rows() == ["kept"]


def test_its_data_can_be_destroyed_later_and_it_comes_back_empty(app: App) -> None:
    owner = users.name_of(app.name)
    row(app, "kept")
    app.flipside("app.destroy", "--yes")
    assert "kept" not in app.flipside("app.destroy", "--yes", "--data").out
    assert (units(app), sockets(app)) == (set(), set())
    gone = f"getent passwd {owner}; getent group {owner}; ls -d {app.place().parent} /run/flipside/{app.name}"
    assert sh(app, f"({gone}) 2>/dev/null || true") == ""
    app.deploy()
    assert app.rows() == []


def test_requests_wait_for_a_migration(app: App) -> None:
    app.configure(steps=STEPS)
    app.write(migrate_py=MIGRATE)
    app.publish("2")
    running = app.platform.flipside.begin("app.deploy", cwd=app.folder)
    until(lambda: sh(app, f"ls {app.place()}/switching.json 2>/dev/null || true"))
    answers: list[str] = []
    asking = [threading.Thread(target=lambda: answers.append(app.version)) for _ in range(10)]
    for one in asking:
        one.start()
    assert not answers
    for one in asking:
        one.join()
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, out + err
    assert answers == ["2"] * 10


def test_what_holds_is_not_touched(app: App, docker_platform: DockerPlatform) -> None:
    def seen() -> str:
        services = sh(app, "systemctl show -P MainPID 'flipside-*.service' 'app.*.service'")
        return services + sh(app, f"ls -l --time-style=full-iso {app.place()} /etc/systemd/system")

    before = seen()
    assert docker_platform.flipside("platform.apply", "--json").json["changed"] == []
    assert docker_platform.flipside("platform.apply", "--json").json["changed"] == []
    plan = docker_platform.flipside("platform.plan", "--json").json
    assert (plan["changed"], plan["failed"]) == ([], [])
    assert "changed" not in docker_platform.bootstrap().err
    assert not app.deploy()["changed"]
    assert seen() == before
    assert live(app) == app.release
