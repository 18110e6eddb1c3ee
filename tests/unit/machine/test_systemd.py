"""What `systemctl show` says, as states of components."""

from __future__ import annotations

import pytest

from flipside.machine import systemd

SHOWN = """\
Id=flipside-nginx.service
Type=simple
ActiveState=active
SubState=running
MainPID=42
ActiveEnterTimestampMonotonic=10000000

Id=app.blog.production.7.service
Type=notify
ActiveState=inactive
SubState=dead
MainPID=0
ActiveEnterTimestampMonotonic=0

Id=flipside-firewall.service
Type=oneshot
ActiveState=active
SubState=exited
MainPID=0
ActiveEnterTimestampMonotonic=5
"""


def unit(active: str, sub: str) -> systemd.Unit:
    shown = (
        SHOWN.split("\n\n", maxsplit=1)[0]
        .replace("=active", f"={active}")
        .replace("=running", f"={sub}")
    )
    (found,) = systemd.parse(shown, 70.0)
    return found


def test_components_and_generations_go_by_their_names_and_errands_are_left_out() -> None:
    assert systemd.parse(SHOWN, 70.0) == [
        systemd.Unit("nginx", "running", 42, 60.0),
        systemd.Unit("app.blog.production.7", "stopped", None, None),
    ]
    assert systemd.parse("", 1.0) == []


def test_start_that_follows_a_crash_is_still_crashing() -> None:
    """It waits the longer the oftener it crashed, and says nothing meanwhile."""
    shown = SHOWN.split("\n\n")[1].replace("=inactive", "=activating").replace("=dead", "=start")
    assert systemd.parse(f"{shown}\nNRestarts=0", 1.0)[0].word == "starting"
    assert systemd.parse(f"{shown}\nNRestarts=3", 1.0)[0].word == "crashing"


def test_start_that_follows_several_crashes_is_believed_once_it_holds() -> None:
    """Uwsgi is ready before the app is imported, and the next crash is a moment away."""
    shown = SHOWN.split("\n\n", maxsplit=1)[0]
    after = {
        (restarts, up): systemd.parse(f"{shown}\nNRestarts={restarts}", 10.0 + up)[0].word
        for restarts in (1, 2)
        for up in (1, systemd.STEADY + 1)
    }
    assert after == {(1, 1): "running", (2, 1): "crashing", (1, 11): "running", (2, 11): "running"}


def test_what_waits_in_the_queue_is_starting() -> None:
    """A start is answered before it has begun."""
    shown = SHOWN.split("\n\n")[1]
    (found,) = systemd.parse(f"{shown}\nJob=4711", 1.0)
    assert found.word == "starting"


@pytest.mark.parametrize(
    ("active", "sub", "word"),
    [
        ("activating", "start", "starting"),
        ("activating", "auto-restart", "crashing"),
        ("reloading", "reload", "running"),
        ("deactivating", "stop-sigterm", "stopping"),
        ("failed", "failed", "failed"),
        ("maintenance", "x", "failed"),
    ],
)
def test_state_in_one_word(active: str, sub: str, word: str) -> None:
    assert unit(active, sub).word == word
