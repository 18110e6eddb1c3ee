"""The docker target is made in containers elsewhere; here, what it says without Docker."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.config import load_platform
from flipside.errors import MachineError
from flipside.targets import target_of
from flipside.targets.docker.checks import checks
from flipside.targets.docker.target import Docker


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    monkeypatch.setenv("PATH", "/nowhere")
    path = tmp_path / ".flipside-platform"
    path.write_text("name: demo\ntarget: docker\n")
    target = target_of(load_platform(path))
    assert isinstance(target, Docker)
    return target


def test_without_docker_nothing_is_made(docker: Docker) -> None:
    with pytest.raises(MachineError, match="no `docker` command"):
        docker.machine()


def test_without_docker_that_is_all_there_is_to_check(docker: Docker) -> None:
    (found,) = checks(docker.box)
    assert (found["name"], found["ok"]) == ("docker", False)
    assert "no `docker` command" in found["detail"]
    assert "install Docker" in found["next"]
    assert docker.checks() == [found]
