"""Every check of a platform: what is wrong, and what to type."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from flipside.machine import doctor, highstate, journal, supervise

SETTINGS = {"nginx": {"http_port": 1}, "highstate_minutes": 15}


class Jobs:
    answers = True

    def __init__(self, layout: Any) -> None:
        self.layout = layout

    def ping(self) -> bool:
        return Jobs.answers


@pytest.fixture(autouse=True)
def salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "answers", True)
    monkeypatch.setattr(doctor, "Jobs", Jobs)


def programs(monkeypatch: pytest.MonkeyPatch, **states: str) -> None:
    found = {
        name.replace("_", "."): {"statename": state, "pid": 1, "now": 1, "start": 0}
        for name, state in states.items()
    }
    monkeypatch.setattr(supervise, "states", lambda run: found)


def check(stage: Any, name: str, **settings: Any) -> tuple[bool, str, str | None]:
    found = {one["name"]: one for one in doctor.checks(stage.layout, SETTINGS | settings)}
    return found[name]["ok"], found[name]["detail"], found[name]["next"]


def test_programs(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(stage, "programs")[::2] == (False, doctor.BOOTSTRAP)
    programs(monkeypatch, nginx="RUNNING", app_a_b_1="STOPPED", rsyslog="STARTING")
    assert check(stage, "programs") == (True, "3 run", None)
    programs(monkeypatch, nginx="FATAL", rsyslog="STOPPED")
    assert check(stage, "programs")[1] == "nginx is failed, rsyslog is stopped"


def test_salt(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(stage, "salt")[0] is True
    monkeypatch.setattr(Jobs, "answers", False)
    assert check(stage, "salt") == (False, "the minion does not answer", doctor.BOOTSTRAP)


def test_nginx_port(stage: Any) -> None:
    assert check(stage, "nginx")[0] is False
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = {"http_port": server.getsockname()[1]}
        assert check(stage, "nginx", nginx=port)[0] is True


def remember(stage: Any, returned: Any) -> None:
    (stage.layout.root / "var").mkdir(exist_ok=True)
    highstate.remember(str(stage.layout.root), {"return": returned})


def test_highstate(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(stage, "highstate")[1] == "none has run yet"
    remember(stage, {"a": {"__id__": "nginx", "result": True}})
    assert check(stage, "highstate") == (True, "1 states hold", None)
    remember(stage, {"a": {"__id__": "nginx", "result": False}})
    assert check(stage, "highstate")[1:] == ("failed: nginx", "flipside platform.apply")


def test_highstate_that_was_refused_does_not_hold(stage: Any) -> None:
    """A mistake in one's own pillar keeps every state from running."""
    remember(stage, ["Rendering SLS 'base:nginx' failed"])
    assert check(stage, "highstate")[1] == "failed: Rendering SLS 'base:nginx' failed"


def test_highstate_of_long_ago(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(stage, {})
    later = time.time() + 3600
    monkeypatch.setattr(doctor.time, "time", lambda: later)
    assert check(stage, "highstate")[1] == "the last one is long ago"


def test_rsyslog(stage: Any) -> None:
    assert check(stage, "rsyslog")[0] is False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(stage.layout.run / "log.sock"))
        assert check(stage, "rsyslog")[0] is True


def test_disk(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 8, 1))
    assert check(stage, "disk")[:2] == (False, "0 MB free")


def test_deploy_that_was_cut(stage: Any) -> None:
    assert check(stage, "deploys") == (True, "none was cut short", None)
    entry: journal.Entry = {"previous": None, "generation": 1, "snapshot": str(Path("/x"))}
    journal.write(stage.layout, "blog", "production", entry)
    assert check(stage, "deploys")[:2] == (False, "cut short: blog (production)")


@pytest.mark.parametrize(("version", "hit"), [((3, 40, 1), True), ((3, 51, 3), False)])
def test_sqlite(
    stage: Any, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], hit: bool
) -> None:
    """A bug that a person can hardly mend is told, and is no failure."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    ok, detail, _ = check(stage, "sqlite")
    assert ok is True
    assert ("WAL-reset" in detail) is hit
