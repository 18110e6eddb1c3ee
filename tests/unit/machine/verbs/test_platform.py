"""The platform as a whole."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from flipside.machine import highstate, supervise
from flipside.machine.verbs.platform import (
    COMPONENTS,
    LOCAL_ONLY,
    components,
    platform_status,
    python,
)

RUNNING = {"statename": "RUNNING", "pid": os.getpid(), "now": 70, "start": 10}


def test_components_that_run_and_that_are_missing(
    platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "states", lambda run: {"nginx": RUNNING})
    found = {one["name"]: one for one in components(platform.context)}
    assert set(found) == {*COMPONENTS, *LOCAL_ONLY}
    assert (found["nginx"]["state"], found["nginx"]["uptime"]) == ("running", 60)
    assert found["nginx"]["memory"] > 1_000_000
    assert found["memcached"] == {
        "name": "memcached",
        "state": "missing",
        "pid": None,
        "uptime": None,
        "memory": None,
    }


def test_status_tells_the_last_highstate_and_the_next(platform: Any) -> None:
    root = platform.stage.layout.root
    assert platform_status(platform.context)["next_highstate"] is None
    (root / "var").mkdir(exist_ok=True)
    highstate.remember(str(root), {"return": {}})
    found = platform_status(platform.context)
    assert found["next_highstate"] == found["highstate"]["at"] + 15 * 60
    assert (found["http_port"], found["apps"]) == (8080, [])


def test_python_is_the_machines(platform: Any) -> None:
    assert python(platform.context) == f"{sys.version_info.major}.{sys.version_info.minor}"
