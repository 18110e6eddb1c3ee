"""A platform in a container: made, used, restarted with its machine, given back with its data kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e.rig import App, temporary, until
from e2e.rig_docker import DockerPlatform

RUNNING = "cat /etc/machine-id; systemctl show -P MainPID flipside-salt-master flipside-nginx"


def test_bootstrap_again_changes_nothing(docker_platform: DockerPlatform) -> None:
    """Once it brought what other tests left in the folder: secrets of apps that were destroyed."""
    docker_platform.bootstrap()
    before = docker_platform.sh(RUNNING).out
    done = docker_platform.bootstrap()
    assert docker_platform.sh(RUNNING).out == before
    assert "changed" not in done.out + done.err, str(done)


def test_app_is_served_at_the_containers_port_and_keeps_its_rows_over_a_release(
    make_docker_app: Callable[..., App],
) -> None:
    app = make_docker_app("docker-served")
    app.ship("1")
    assert app.version == "1"
    assert app.http("/rows", method="POST", body="kept").status == 200
    app.ship("2")
    assert (app.version, app.rows()) == ("2", ["kept"])


def test_what_was_live_comes_back_with_the_machine(
    docker_platform: DockerPlatform, make_docker_app: Callable[..., App]
) -> None:
    """After Docker or the computer itself was restarted, too: nobody has to type anything."""
    app = make_docker_app("docker-back")
    app.ship("1")
    assert app.http("/rows", method="POST", body="kept").status == 200
    docker_platform.restart()
    until(lambda: app.answers("/up"))
    assert (app.version, app.rows()) == ("1", ["kept"])
    assert app.ship("2")


def test_destroyed_platform_leaves_its_data_here(machine_image: Callable[[str], str]) -> None:
    machine_image("machine")
    platform = DockerPlatform(temporary())
    try:
        platform.bootstrap()
        app = platform.app("docker-kept").make()
        app.ship("1")
        assert app.http("/rows", method="POST", body="kept").status == 200
        platform.flipside("platform.destroy", "--yes", timeout=180)
        kept = Path(platform.folder, "flipside-data/docker-kept/production")
        assert [path for path in kept.rglob("*") if path.is_file()]
        assert "never made" in platform.flipside.fails("platform.status").err
    finally:
        platform.destroy()
