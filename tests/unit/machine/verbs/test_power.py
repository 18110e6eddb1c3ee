"""Stopping, starting, restarting, and changing the environment of what is live."""

from __future__ import annotations

import os
from typing import Any

import pytest

from flipside.errors import DeployError, FlipsideError, NotFoundError
from flipside.machine.verbs import power
from flipside.machine.verbs.deploys import deploy

NAMES = ("blog", "production")


@pytest.fixture
def live(platform: Any) -> Any:
    platform.release = platform.publish("1")
    deploy(platform.context, *NAMES, "latest", "ann")
    return platform


def test_stop_and_start(live: Any) -> None:
    assert power.stop(live.context, *NAMES, "ann")["state"] == "stopped"
    assert not os.path.lexists(live.stage.layout.current_socket(*NAMES))
    with pytest.raises(NotFoundError, match="is stopped"):
        power.restart(live.context, *NAMES, cold=True, by="ann")
    power.start(live.context, *NAMES, "ann")
    assert live.stage.answer == live.release
    assert [one["action"] for one in live.context.audit.read(*NAMES, 2)] == ["start", "stop"]


def test_failed_stop_is_not_remembered(live: Any) -> None:
    """Otherwise the next highstate would stop an app that a person was told still runs."""
    live.refuse = {"id": "x", "name": "x", "comment": "no"}
    with pytest.raises(DeployError, match="no"):
        power.stop(live.context, *NAMES, "ann")
    assert live.context.records.load(*NAMES)["stopped"] is False


def test_cold_restart_is_a_new_process(live: Any) -> None:
    live.stage.fleet.told.clear()
    power.restart(live.context, *NAMES, cold=True, by="ann")
    assert live.stage.fleet.told == ["stop 1", "start 1"]
    assert live.stage.answer == live.release


def test_hot_restart_hands_over_to_another_process(live: Any) -> None:
    live.stage.fleet.told.clear()
    power.restart(live.context, *NAMES, cold=False, by="ann")
    assert live.stage.fleet.told == ["start 2", "stop 1"]
    assert live.stage.answer == live.release
    assert [one["detail"] for one in live.context.audit.read(*NAMES, 1)] == ["hot"]


def test_changed_variable_switches(live: Any) -> None:
    report = power.config(live.context, *NAMES, "ann", set={"A": "b"})
    assert (report["restarted"], report["config"]) == (True, {"A": "b"})
    assert "stop 1" in live.stage.fleet.told
    again = power.config(live.context, *NAMES, "ann", set={"A": "b"})
    assert again["restarted"] is False
    assert power.config(live.context, *NAMES, "ann") == {
        "app": "blog",
        "env": "production",
        "restarted": False,
        "config": {"A": "b"},
    }
    assert power.config(live.context, *NAMES, "ann", unset=["A"])["config"] == {}


def test_variable_that_breaks_the_app_is_put_back(live: Any) -> None:
    power.config(live.context, *NAMES, "ann", set={"A": "b"})
    live.stage.fleet.statuses[live.release] = 500
    with pytest.raises(DeployError):
        power.config(live.context, *NAMES, "ann", set={"A": "broken", "C": "d"})
    assert live.context.records.load(*NAMES)["config"] == {"A": "b"}
    assert live.stage.answer == live.release


def test_bad_name_changes_nothing(live: Any) -> None:
    with pytest.raises(FlipsideError, match="no name for a variable"):
        power.config(live.context, *NAMES, "ann", set={"OK": "1", "1-BAD": "x"})
    assert live.context.records.load(*NAMES)["config"] == {}


def test_variables_may_come_before_the_first_deploy(platform: Any) -> None:
    report = power.config(platform.context, *NAMES, "ann", set={"A": "b"}, here=True)
    assert report["restarted"] is False


def test_variables_of_an_app_that_nobody_knows(platform: Any) -> None:
    with pytest.raises(NotFoundError, match="there is no app blog"):
        power.config(platform.context, *NAMES, "ann", set={"A": "b"})
    assert not platform.context.records.exists(*NAMES)


@pytest.mark.parametrize("verb", [power.stop, power.start])
def test_what_was_never_deployed(live: Any, verb: Any) -> None:
    """A name that begins like a deployed one is a stranger."""
    with pytest.raises(NotFoundError, match="blo is not deployed in production; deployed are blog"):
        verb(live.context, "blo", "production", "ann")
