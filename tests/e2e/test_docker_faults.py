"""What breaks on a machine with systemd: each thing comes back by itself, and apps serve meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from e2e.inside import UNITS, serves, sh, state
from e2e.rig import App, until
from e2e.rig_docker import DockerPlatform

from flipside.machine import users


@pytest.fixture(scope="module")
def app(docker_platform: DockerPlatform) -> Iterator[App]:
    made = docker_platform.app("surviving").make()
    made.release = made.ship("1")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def healthy(platform: DockerPlatform) -> bool:
    """Whether the doctor has no complaint."""
    checks = platform.flipside.run("platform.doctor", "--json").json["checks"]
    return all(check["ok"] for check in checks)


@pytest.mark.parametrize(
    "name", ["nginx", "memcached", "rsyslog", "backup", "salt-minion", "salt-master"]
)
def test_component_that_is_killed_comes_back(
    docker_platform: DockerPlatform, app: App, name: str
) -> None:
    before = docker_platform.pid(name)
    sh(app, f"kill -9 {before}")
    if name != "nginx":
        assert app.version == "1"

    def back() -> bool:
        found = {one["name"]: one for one in docker_platform.status["components"]}[name]
        return bool(found["state"] == "running" and found["pid"] not in {None, 0, before})

    until(back)
    until(lambda: app.answers("/"))
    until(lambda: healthy(docker_platform), 60)


@pytest.mark.parametrize(
    ("harm", "whole"),
    [
        (
            f"sed -i s/Restart=always/Restart=no/ {UNITS}/flipside-nginx.service",
            f"grep Restart=always {UNITS}/flipside-nginx.service",
        ),
        (
            f"sed -i s/NoNewPrivileges=yes/NoNewPrivileges=no/ {UNITS}/app.surviving.*.service",
            f"grep NoNewPrivileges=yes {UNITS}/app.surviving.*.service",
        ),
        ("nft flush table inet flipside", "nft list table inet flipside | grep 'dport.*80'"),
        ("nft delete table inet flipside", "nft list table inet flipside | grep 'dport.*80'"),
        (
            "echo '# by hand' >>/srv/flipside/etc/nginx/nginx.conf",
            "! grep 'by hand' /srv/flipside/etc/nginx/nginx.conf",
        ),
    ],
    ids=["component", "unit", "flushed", "deleted", "nginx.conf"],
)
def test_what_is_changed_by_hand_is_corrected(
    docker_platform: DockerPlatform, app: App, harm: str, whole: str
) -> None:
    sh(app, whole)
    sh(app, harm)
    assert docker_platform.flipside("platform.plan", "--json").json["changed"]
    done = docker_platform.flipside("platform.apply", "--json").json
    assert done["changed"]
    assert done["failed"] == []
    sh(app, whole)
    serves(app, app.release, "1")
    assert docker_platform.flipside("platform.apply", "--json").json["changed"] == []


def test_nginx_is_put_back_into_the_apps_group(docker_platform: DockerPlatform, app: App) -> None:
    owner = users.name_of("surviving")
    sh(app, f"gpasswd --delete {users.NGINX} {owner}")
    docker_platform.flipside("platform.apply")
    sh(app, f"id -Gn {users.NGINX} | grep {owner}")


def test_schedule_corrects_too(docker_platform: DockerPlatform, app: App) -> None:
    before = docker_platform.status["highstate"]["at"]
    sh(app, "echo '# by hand' >>/srv/flipside/etc/nginx/nginx.conf")
    assert docker_platform.salt("schedule.run_job", "highstate")["result"]
    until(lambda: docker_platform.status["highstate"]["at"] > before, 60)
    sh(app, "! grep 'by hand' /srv/flipside/etc/nginx/nginx.conf")
    assert app.version == "1"


def test_service_that_was_stopped_by_hand_sleeps_and_wakes(app: App) -> None:
    sh(app, f"systemctl stop app.surviving.production.{app.status['generation']}.service")
    assert state(app) == "idle"
    serves(app, app.release, "1")


def test_socket_that_was_stopped_by_hand_is_brought_back(
    docker_platform: DockerPlatform, app: App
) -> None:
    sh(app, f"systemctl stop app.surviving.production.{app.status['generation']}.socket")
    until(lambda: not app.answers("/"))
    assert state(app) == "failed"
    assert docker_platform.flipside("platform.apply", "--json").json["failed"] == []
    serves(app, app.release, "1")
