"""Scale to zero: nobody calls and nothing runs; the first who calls is answered."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from e2e.inside import main_pid, row, serves, sleeps, sockets, state, units
from e2e.rig import App, until
from e2e.rig_docker import DockerPlatform

SECOND = {"idle_minutes": 1 / 60}


@pytest.fixture(scope="module")
def app(docker_platform: DockerPlatform) -> Iterator[App]:
    """An app that sleeps after a second without a call."""
    made = docker_platform.app("sleeper").make(resources=SECOND, keep=3)
    made.release = made.ship("1")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


@pytest.fixture(autouse=True)
def asleep(app: App) -> None:
    """Each test begins when it sleeps."""
    sleeps(app)


def test_it_has_no_process_and_no_memory(app: App) -> None:
    status = app.status
    found = {key: status[key] for key in ("state", "pid", "memory", "stopped")}
    assert found == {"state": "idle", "pid": None, "memory": None, "stopped": False}
    assert "idle" in app.flipside("app.status").out
    assert state(app) == "idle", "asking for its state woke it"
    doctor = app.platform.flipside("platform.doctor", "--json").json["checks"]
    assert [check for check in doctor if not check["ok"]] == []


def test_first_request_wakes_it(app: App) -> None:
    assert app.version == "1"
    assert main_pid(app) > 0
    sleeps(app)


def test_ten_at_once_wake_it_once_and_bodies_arrive_whole(app: App) -> None:
    body = bytes(range(256)) * 4096

    def send(number: int) -> tuple[int, int]:
        answer = app.http(f"/{number}", method="POST", body=body)
        return answer.status, answer.json["size"] if answer.status == 200 else answer.text

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(send, range(10))) == [(200, len(body))] * 10


def test_nobody_is_lost_at_the_moment_it_falls_asleep(app: App) -> None:
    for tenth in range(15):
        row(app, f"at {time.time()}")
        time.sleep(0.7 + tenth / 10)
    assert len(app.rows()) >= 15


def test_highstate_lets_it_sleep(app: App, docker_platform: DockerPlatform) -> None:
    assert docker_platform.flipside("platform.apply", "--json").json["changed"] == []
    assert state(app) == "idle"
    assert docker_platform.flipside("platform.plan", "--json").json["changed"] == []
    assert state(app) == "idle"


def test_config_can_be_set_and_it_restarted(app: App) -> None:
    app.flipside("app.config", "set", "GREETING=ho")
    assert app.http("/process").json["env"]["GREETING"] == "ho"
    sleeps(app)
    app.flipside("app.restart")
    assert app.http("/process").json["env"]["GREETING"] == "ho"
    sleeps(app)
    app.flipside("app.restart", "--cold")
    assert app.version == "1"
    sleeps(app)
    app.flipside("app.config", "unset", "GREETING")


def test_stopped_it_is_not_idle(app: App) -> None:
    app.flipside("app.stop")
    assert (state(app), app.http("/").status) == ("stopped", 503)
    app.flipside("app.start")
    serves(app, app.release, "1")


def test_releases_change_while_all_sleep(app: App) -> None:
    second = app.ship("2")
    serves(app, second, "2")
    sleeps(app)
    before = app.status["generation"]
    app.flipside("app.rollback")
    serves(app, app.release, "1")
    sleeps(app)
    app.deploy("--release", second)
    serves(app, second, "2")
    assert app.status["generation"] == before


def test_sockets_of_the_kept_releases_listen_and_no_others(app: App) -> None:
    for version in "345":
        app.ship(version)
    until(lambda: len(units(app)) == 2 * 3, 60)
    numbers = {unit.split(".")[0] for unit in units(app)}
    assert units(app) == {f"{one}.{kind}" for one in numbers for kind in ("socket", "service")}
    assert sockets(app) == {f"{one}.sock" for one in numbers}
    assert str(app.status["generation"]) in numbers
    assert app.version == "5"
