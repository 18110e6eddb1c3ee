"""One interface to both inits."""

from __future__ import annotations

from pathlib import Path

import pytest

from flipside.machine import init, supervise, systemd
from flipside.machine.layout import SYSTEMD, Layout


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("RUNNING", init.State("running", 7, 60.0)),
        ("STARTING", init.State("starting", 7)),
        ("BACKOFF", init.State("crashing", 7)),
        ("STOPPING", init.State("stopping", 7)),
        ("FATAL", init.State("failed", 7)),
    ],
)
def test_supervisords_words(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, said: str, state: init.State
) -> None:
    info = {"statename": said, "pid": 7, "now": 70, "start": 10}
    monkeypatch.setattr(supervise, "states", lambda run: {"nginx": info})
    assert init.states(layout) == {"nginx": state}


def test_systemd_is_asked_on_its_own_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [systemd.Unit("nginx", "running", 42, 60.0)]
    monkeypatch.setattr(systemd, "units", lambda: found)
    layout = Layout(Path("/srv/flipside"), Path("/run/flipside"), SYSTEMD)
    assert init.states(layout) == {"nginx": init.State("running", 42, 60.0)}
