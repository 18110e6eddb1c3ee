"""The container of a platform: made, found again, started again, given back; and what gets in the way."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from flipside.config import load_platform
from flipside.errors import MachineError
from flipside.targets.docker import boot, commands, engine, images
from flipside.targets.docker.target import Docker

DATA = "/srv/flipside/apps/blog/production/data"


class Narrator:
    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        yield

    def detail(self, text: str) -> None:
        """Say nothing."""


def docker_in(folder: Path, text: str = "") -> Docker:
    path = folder / ".flipside-platform"
    path.write_text(f"name: demo\ntarget: docker\n{text}")
    return Docker(load_platform(path))


@pytest.fixture
def machine(machine_image: Callable[[str], str]) -> str:
    return machine_image("machine")


@pytest.fixture
def docker(tmp_path: Path, machine: str) -> Iterator[Docker]:
    target = docker_in(tmp_path)
    yield target
    subprocess.run(commands.remove(target.box.name), capture_output=True, check=False)


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server


def inside(docker: Docker, *argv: str) -> str:
    return engine.run(commands.execute(docker.box.name, argv)).strip()


def identity(docker: Docker) -> str:
    return inside(docker, "cat", "/etc/machine-id")


def test_container_is_made_once_and_found_again(docker: Docker, machine: str) -> None:
    port = boot.up(docker.box, machine)
    assert inside(docker, *commands.state()) == "running"
    made = identity(docker)
    assert boot.up(docker.box, machine) == port
    assert identity(docker) == made
    checks = {check["name"]: check["ok"] for check in docker.checks()}
    assert checks == {
        **dict.fromkeys(["docker", "container", "systemd", "connection"], True),
        "platform": False,
    }


def test_port_of_the_container_is_reached_from_here_alone(docker: Docker, machine: str) -> None:
    port = boot.up(docker.box, machine)
    inside(docker, "systemctl", "start", "nginx")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 200")


def halt(docker: Docker) -> None:
    """Twice, since the second time there is nothing to do."""
    docker.halt(Narrator())
    docker.halt(Narrator())


def kill(docker: Docker) -> None:
    engine.run(["docker", "kill", docker.box.name])


@pytest.mark.parametrize("end", [halt, kill])
def test_container_that_was_stopped_is_started_again(
    docker: Docker, machine: str, end: Callable[[Docker], None]
) -> None:
    with pytest.raises(MachineError, match="never made"):
        docker.halt(Narrator())
    port = boot.up(docker.box, machine)
    made = identity(docker)
    end(docker)
    with pytest.raises(MachineError, match="stopped") as caught:
        docker.machine(up=False)
    assert caught.value.next == "flipside platform.bootstrap"
    assert [check["ok"] for check in docker.checks()] == [True, False]
    assert boot.up(docker.box, machine) == port
    assert identity(docker) == made


def test_container_that_was_removed_by_hand_is_made_anew(docker: Docker, machine: str) -> None:
    boot.up(docker.box, machine)
    engine.run(commands.remove(docker.box.name))
    with pytest.raises(MachineError, match="never made"):
        docker.machine()
    assert "not there" in docker.checks()[-1]["detail"]
    boot.up(docker.box, machine)
    assert docker.checks()[1]["ok"]


def test_platform_that_was_never_made_in_its_container(docker: Docker, machine: str) -> None:
    boot.up(docker.box, machine)
    with pytest.raises(MachineError, match="never made"):
        docker.machine()


def test_stranger_with_the_name_is_left_alone(docker: Docker, machine: str) -> None:
    engine.run(["docker", "create", "--name", docker.box.name, machine, "true"])
    for attempt in (
        lambda: boot.up(docker.box, machine),
        lambda: docker.destroy(Narrator(), keep_data=False),
    ):
        with pytest.raises(MachineError, match="not this platform's") as caught:
            attempt()
        assert caught.value.where == docker.box.name
    assert not docker.checks()[-1]["ok"]
    assert engine.find(docker.box.name)


def test_container_of_a_platform_that_was_renamed_is_not_overlooked(
    docker: Docker, machine: str
) -> None:
    port = boot.up(docker.box, machine)
    path = docker.box.folder / ".flipside-platform"
    path.write_text(path.read_text().replace("demo", "other"))
    renamed = Docker(load_platform(path))
    with pytest.raises(MachineError, match=f"is called {docker.box.name}") as caught:
        boot.up(renamed.box, machine)
    engine.run(caught.value.next.split())
    assert boot.up(renamed.box, machine) == port
    renamed.destroy(Narrator(), keep_data=False)


def test_port_that_is_taken_is_named_and_no_container_is_left(
    tmp_path: Path, machine: str, taken: socket.socket
) -> None:
    port = taken.getsockname()[1]
    docker = docker_in(tmp_path, f"http_port: {port}\n")
    with pytest.raises(MachineError, match=f"port {port} of 127.0.0.1 is taken"):
        boot.up(docker.box, machine)
    assert engine.find(docker.box.name) is None


def test_port_that_was_taken_meanwhile_is_named(docker: Docker, machine: str) -> None:
    port = boot.up(docker.box, machine)
    engine.run(commands.stop(docker.box.name))
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(MachineError, match=f"port {port} of 127.0.0.1 is taken"):
            boot.up(docker.box, machine)
    assert boot.up(docker.box, machine) == port


def test_container_keeps_its_port(docker: Docker, machine: str) -> None:
    port = boot.up(docker.box, machine)
    other = docker_in(docker.box.folder, f"http_port: {port + 1000}\n")
    with pytest.raises(MachineError, match=f"has port {port} for good") as caught:
        boot.up(other.box, machine)
    assert f"http_port: {port}" in caught.value.next
    assert boot.up(docker_in(docker.box.folder, f"http_port: {port}\n").box, machine) == port


def test_data_is_copied_out_and_the_container_is_gone(docker: Docker, machine: str) -> None:
    """Also of a container that was stopped; and a second time beside what was put by before."""
    for number in (1, 2):
        boot.up(docker.box, machine)
        inside(docker, "mkdir", "-p", DATA, "/srv/flipside/apps/empty/production/data")
        inside(docker, "sh", "-c", f"echo rows {number} >{DATA}/app.db")
        if number == 2:
            engine.run(commands.stop(docker.box.name))
        kept = docker.destroy(Narrator(), keep_data=True)
        assert kept == PurePosixPath(docker.box.folder, "flipside-data")
        assert engine.find(docker.box.name) is None
    found = {path.parent.name: path.read_text() for path in Path(kept).rglob("app.db")}
    assert found == {"production": "rows 1\n", "production.2": "rows 2\n"}
    assert not (Path(kept) / "empty").exists()


def test_destroy_with_data_leaves_nothing_and_can_be_said_twice(
    docker: Docker, machine: str
) -> None:
    boot.up(docker.box, machine)
    inside(docker, "mkdir", "-p", DATA)
    inside(docker, "touch", f"{DATA}/app.db")
    for _ in range(2):
        assert docker.destroy(Narrator(), keep_data=False) is None
        assert engine.find(docker.box.name) is None
    assert [path.name for path in docker.box.folder.iterdir()] == [".flipside-platform"]


def test_systemd_that_does_not_come_up_is_told_with_what_it_says(
    docker: Docker, machine: str
) -> None:
    name = docker.box.name
    made = commands.create(name, "demo", machine, docker.box.folder, 0)
    engine.run([*made, "sleep", "1000"])
    engine.run(commands.start(name))
    with pytest.raises(MachineError, match=r"does not come up in the container: .+") as caught:
        boot.wait(name, seconds=0)
    assert f"docker logs {name}" in caught.value.next


def test_image_that_is_not_built_is_told_with_the_last_lines(
    tmp_path: Path, machine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "DOCKERFILE", tmp_path / "Dockerfile")
    images.DOCKERFILE.write_text(
        "FROM debian:bookworm-slim AS machine\nRUN echo no such mirror; exit 3\n"
    )
    with pytest.raises(MachineError, match="was not built") as caught:
        images.ensure("machine", print)
    assert "no such mirror" in caught.value.what


def test_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch, docker: Docker) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(MachineError, match="daemon does not answer"):
        docker.machine()


def test_engine_that_this_user_may_not_use(machine: str, tmp_path: Path) -> None:
    door = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(door))
        door.chmod(0)
        said = subprocess.run(
            commands.version(),
            env={"PATH": os.environ["PATH"], "DOCKER_HOST": f"unix://{door}", "HOME": "/"},
            user=None if os.getuid() else 65534,
            capture_output=True,
            text=True,
            check=False,
        )
    assert "may not use Docker" in engine.refusal(commands.version(), said.stderr).what
