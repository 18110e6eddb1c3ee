"""Verbs about Salt itself."""

from __future__ import annotations

from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.machine import supervise
from flipside.machine.verbs import salt


class Jobs:
    """A master whose minion answers the third ping."""

    pings = 0
    ran: list[Any]
    started: list[str]

    def __init__(self, layout: Any) -> None:
        self.layout = layout

    def ping(self, timeout: float) -> bool:
        Jobs.pings += 1
        return Jobs.pings >= 3

    def run(self, function: str, *args: Any, **kwargs: Any) -> Any:
        Jobs.ran.append((function, *args, kwargs))
        if "on_event" in kwargs:
            kwargs["on_event"]({"tag": "t", "data": {"step": "a"}})
        return {"a": {"__id__": "x", "changes": {"b": 1}, "result": True}}


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> type[Jobs]:
    Jobs.pings, Jobs.ran, Jobs.started = 0, [], []
    monkeypatch.setattr(salt, "Jobs", Jobs)
    monkeypatch.setattr(supervise, "start", lambda run, names: Jobs.started.extend(names))
    return Jobs


def test_keys_are_made_once(platform: Any) -> None:
    assert salt.preseed_keys(platform.context) is True
    assert salt.preseed_keys(platform.context) is False


def test_minion_is_waited_for_and_gets_its_modules(platform: Any) -> None:
    salt.wait_for_minion(platform.context, sync=True)
    assert Jobs.started == ["salt-master", "salt-minion"]
    assert Jobs.pings == 3
    assert [call[0] for call in Jobs.ran] == ["saltutil.sync_all"]
    Jobs.ran.clear()
    salt.wait_for_minion(platform.context, sync=False)
    assert Jobs.ran == []


def test_minion_that_never_comes(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "ping", lambda self, timeout: False)
    clock = iter(range(0, 1000, 40))
    monkeypatch.setattr(salt.time, "monotonic", lambda: next(clock))
    with pytest.raises(MachineError, match="60 s"):
        salt.wait_for_minion(platform.context, sync=True)


def test_plan_is_not_remembered(platform: Any) -> None:
    for test in (False, True):
        assert salt.apply(platform.context, test=test)["total"] == 1
    assert [call[-1]["returner"] for call in Jobs.ran] == ["flipside_last", ""]


def test_states_pass_events_on(platform: Any) -> None:
    found = salt.states(platform.context, "app.deploy", {"deploy": {}}, topic="blog.production")
    assert found["changed"][0]["id"] == "x"
    assert platform.told == [{"step": "a"}]
    (call,) = Jobs.ran
    assert (call[-1]["concurrent"], call[-1]["topic"]) == (True, "blog.production")


def test_restart_leaves_apps_alone(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    monkeypatch.setattr(supervise, "restart", lambda run, names: told.append(names))
    salt.restart_salt(platform.context)
    assert told == [("salt-master", "salt-minion")]
