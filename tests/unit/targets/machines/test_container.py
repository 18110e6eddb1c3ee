"""What Docker is asked for; a real container is in tests/functional/test_container.py."""

from __future__ import annotations

from flipside.targets.machines.container import Container
from flipside.targets.machines.sudo import Root


def test_command_runs_in_the_container_as_root() -> None:
    assert Container("box").lead(["id", "-u"]) == ["docker", "exec", "-i", "box", "id", "-u"]
    assert Container("box").root() == Root()


def test_what_docker_says_is_what_happened() -> None:
    error = Container("box").refused("Error response from daemon: container 1f is not running")
    assert error.what.endswith("container 1f is not running")
    assert error.where == "container box"
