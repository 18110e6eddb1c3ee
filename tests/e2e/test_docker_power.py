"""A machine that goes down: when it is up again all is as it was, and a deploy that was cut left nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from e2e.inside import row, serves, sh, state
from e2e.rig import App, until
from e2e.rig_docker import DockerPlatform

from flipside.targets.docker import boot, commands, engine

HOLD = "while [ ! -e $DATA_DIR/go ]; do sleep 0.1; done"
SPOIL = (
    "python -c \"import os, sqlite3; c = sqlite3.connect(os.environ['DATA_DIR'] + '/rows.db', "
    "isolation_level=None); c.execute('INSERT INTO rows VALUES (?)', ['half'])\""
)


def cut(platform: DockerPlatform) -> None:
    """Take the machine's power away, and give it back."""
    engine.run(["docker", "kill", platform.box.name])
    engine.run(commands.start(platform.box.name))
    boot.wait(platform.box.name)


def test_apps_stay_what_they_were(
    docker_platform: DockerPlatform, make_docker_app: Callable[..., App]
) -> None:
    live, idle, stopped = (make_docker_app(f"power-{one}") for one in ("live", "idle", "stopped"))
    idle.configure(resources={"idle_minutes": 1 / 60})
    for app in (live, idle, stopped):
        app.release = app.ship("1")
        row(app, "kept")
    stopped.flipside("app.stop")
    until(lambda: state(idle) == "idle")
    cut(docker_platform)
    until(lambda: docker_platform.flipside.run("platform.status").status == 0, 60)
    assert (state(idle), state(stopped)) == ("idle", "stopped")
    until(lambda: live.answers("/"))
    serves(live, live.release, "1")
    serves(idle, idle.release, "1")
    assert stopped.http("/").status == 503
    assert (live.rows(), idle.rows()) == (["kept"], ["kept"])
    assert sh(live, "systemctl --failed --no-legend --plain") == ""
    until(lambda: docker_platform.flipside.run("platform.apply").status == 0, 60)
    stopped.flipside("app.start")
    assert stopped.rows() == ["kept"]


# What must be there when the power goes: before the copy, in the migration, in the health check.
MOMENTS = {
    "install": {"install": [{"run": f"touch $DATA_DIR/here; {HOLD}", "timeout": 60}]},
    "migration": {"deploy": [{"run": f"{SPOIL}; touch $DATA_DIR/here; {HOLD}", "timeout": 60}]},
    "health": {"deploy": [SPOIL]},
}
WAITS = """\
import os, pathlib, time
here = pathlib.Path(os.environ["DATA_DIR"])
(here / "here").touch()
while not (here / "go").exists():
    time.sleep(0.1)
"""


@pytest.mark.parametrize("moment", MOMENTS)
def test_deploy_in_which_the_power_goes_is_undone_and_can_be_run_again(
    docker_platform: DockerPlatform, make_docker_app: Callable[..., App], moment: str
) -> None:
    app = make_docker_app(f"cut-{moment}", health={"path": "/up", "timeout": 60})
    release = app.ship("1")
    row(app, "kept")
    app.configure(steps=MOMENTS[moment])
    if moment == "health":
        app.write(extra_py=WAITS)
    second = app.publish("2")
    running = app.platform.flipside.begin("app.deploy", cwd=app.folder)
    data = app.place() / "data"
    until(lambda: sh(app, f"ls {data}/here 2>/dev/null || true"))
    cut(docker_platform)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 1, out + err
    until(lambda: app.answers("/"))
    serves(app, release, "1")
    assert app.rows() == ["kept"]
    sh(app, f"touch {data}/go")
    until(lambda: app.run("app.deploy").status == 0, 90)
    serves(app, second, "2")
    assert app.rows()[0] == "kept"


@pytest.mark.parametrize("seconds", [0.5, 1.5, 3.0])
def test_highstate_in_which_the_power_goes_is_finished_by_the_next(
    docker_platform: DockerPlatform, make_docker_app: Callable[..., App], seconds: float
) -> None:
    app = make_docker_app("cut-highstate")
    release = app.ship("1")
    row(app, "kept")
    spoil = (
        "echo broken > /srv/flipside/etc/nginx/nginx.conf; nft flush ruleset; rm -r {run}; {stop}"
    )
    stop = "systemctl stop flipside-memcached flipside-schedule.timer"
    docker_platform.sh(spoil.format(run="/run/flipside/cut-highstate", stop=stop))
    running = docker_platform.flipside.begin("platform.apply")
    time.sleep(seconds)
    cut(docker_platform)
    running.communicate(timeout=120)
    until(lambda: docker_platform.flipside.run("platform.apply").status == 0, 90)
    assert docker_platform.flipside("platform.apply", "--json").json["changed"] == []
    until(lambda: app.answers("/"))
    serves(app, release, "1")
    assert app.rows() == ["kept"]
    assert sh(app, "nft list ruleset | grep -c 'dport'") != "0\n"
    assert sh(app, "systemctl --failed --no-legend --plain") == ""
