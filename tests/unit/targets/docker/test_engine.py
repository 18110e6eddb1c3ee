"""What Docker says when it refuses, in words that help."""

from __future__ import annotations

import pytest

from flipside.errors import MachineError, NotFoundError
from flipside.targets.docker import engine

BIND = "Error response from daemon: driver failed programming external connectivity on endpoint a: "


@pytest.mark.parametrize(
    ("said", "what", "advice"),
    [
        (
            "Got permission denied while trying to connect to the Docker daemon socket at unix:///x",
            "this user may not use Docker",
            "usermod -aG docker",
        ),
        (
            "permission denied while trying to connect to the docker API at unix:///x",
            "this user may not use Docker",
            "usermod -aG docker",
        ),
        (
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            "the Docker daemon does not answer",
            "systemctl start docker",
        ),
        (
            "failed to connect to the docker API at unix:///x; check if the path is correct",
            "the Docker daemon does not answer",
            "systemctl start docker",
        ),
        (
            f"{BIND}Bind for 127.0.0.1:8099 failed: port is already allocated\nError: failed",
            "port 8099 of 127.0.0.1 is taken by another program",
            "ss -ltnp",
        ),
        (
            f"{BIND}Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use",
            "port 80 of 127.0.0.1 is taken by another program",
            "ss -ltnp",
        ),
        (
            "Error response from daemon: could not find bridge docker0\nError: failed to start containers: a",
            "Error response from daemon: could not find bridge docker0",
            "platform.doctor",
        ),
        ("warned\nError: something new\n", "Error: something new", "platform.doctor"),
        ("", "no reason given", "platform.doctor"),
    ],
)
def test_refusal_is_put_into_words(said: str, what: str, advice: str) -> None:
    error = engine.refusal(["docker", "start", "a"], said)
    assert isinstance(error, MachineError)
    assert (error.what, error.where) == (what, "docker start a")
    assert advice in error.next


@pytest.mark.parametrize(
    "said",
    [
        "Error: No such container: a",
        "Error response from daemon: No such container: a",
        "Error response from daemon: no such image: a:1: No such image: a:1",
    ],
)
def test_what_is_not_there_is_told_apart(said: str) -> None:
    assert isinstance(engine.refusal(["docker", "inspect"], said), NotFoundError)


def test_without_a_client_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MachineError, match="no `docker` command") as caught:
        engine.find("a")
    assert "apt-get install docker.io" in caught.value.next
