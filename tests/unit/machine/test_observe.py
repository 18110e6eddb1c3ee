"""What an environment is doing: its state in one word, its address, its memory."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from flipside.machine import observe, supervise
from flipside.machine.files import write_json
from flipside.machine.lock import deploy_lock

TIMES = {"start": 10, "now": 70}
SETTINGS = {"domain": "localhost", "nginx": {"http_port": 8080}}
RECORD: Any = {"app": "blog", "env": "production", "stopped": False}


def status(stage: Any, **record: Any) -> dict[str, Any]:
    return observe.status(stage.layout, RECORD | record, SETTINGS)


@pytest.fixture
def live(stage: Any) -> Any:
    want = stage.want("1")
    write_json(stage.layout.manifest("blog", want.release), want.manifest)
    stage.switch(want)
    return stage


def test_never_deployed(stage: Any) -> None:
    found = status(stage)
    assert (found["state"], found["release"], found["url"]) == ("never deployed", None, None)
    assert observe.live_release(stage.layout, "blog", "production") is None


@pytest.mark.parametrize(
    ("program", "state"),
    [
        ("RUNNING", "running"),
        ("STARTING", "running"),
        ("BACKOFF", "crashing"),
        ("FATAL", "failed"),
        ("EXITED", "failed"),
        ("STOPPED", "failed"),
    ],
)
def test_state_in_one_word(
    live: Any, monkeypatch: pytest.MonkeyPatch, program: str, state: str
) -> None:
    info = {"app.blog.production.1": {"statename": program, "pid": os.getpid(), **TIMES}}
    monkeypatch.setattr(supervise, "states", lambda run: info)
    found = status(live)
    assert (found["state"], found["generation"]) == (state, 1)
    assert found["url"] == "http://blog.localhost:8080/"
    assert found["memory"] > 1_000_000
    assert status(live, stopped=True)["state"] == "stopped"


def test_what_does_not_listen_yet_is_starting(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    info = {"app.blog.production.1": {"statename": "STARTING", "pid": os.getpid(), **TIMES}}
    monkeypatch.setattr(supervise, "states", lambda run: info)
    live.fleet.close()
    assert status(live)["state"] == "starting"


def test_without_supervisord_an_app_has_failed(live: Any) -> None:
    found = status(live)
    assert (found["state"], found["pid"], found["memory"]) == ("failed", None, None)


def test_deploy_under_way_is_told(live: Any) -> None:
    with deploy_lock(live.layout.lock("blog", "production"), "eve", "deploy 2"):
        assert status(live)["deploying"]["by"] == "eve"
    assert status(live)["deploying"] is None


def test_memory_is_that_of_the_whole_family() -> None:
    script = "import subprocess, sys; subprocess.run(['sleep', '60'])"
    with subprocess.Popen([sys.executable, "-c", script]) as parent:
        while len(family := observe.family(parent.pid)) < 2:
            pass
        assert family[0] == parent.pid
        assert (observe.memory(parent.pid) or 0) > (observe.memory(family[1]) or 0) > 0
        for pid in family:
            os.kill(pid, 9)
    assert observe.memory(0) is None
    assert observe.family(2**22 + 1) == [2**22 + 1]
