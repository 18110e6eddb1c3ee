"""Watching a job on the minion: its events, its return, and what to say when it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.machine import jobs, supervise
from flipside.machine.jobs import Jobs
from flipside.machine.layout import Layout

RET = "salt/job/1/ret/platform"


class Client:
    """Stands in for Salt's client: events are scripted, and None is a second without one."""

    def __init__(self, *events: dict[str, Any] | None, running: bool = True) -> None:
        self.event, self.asked, self.running = self, [], running
        self._events: Iterator[dict[str, Any] | None] = iter(events)
        self.minions, self.cached = ["platform"], {}

    def run_job(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self.asked.append(("run", args, kwargs))
        return {"jid": "1", "minions": self.minions}

    def get_event(self, **kwargs: Any) -> dict[str, Any] | None:
        return next(self._events)

    def cmd(self, minion: str, function: str, args: list[str], **kwargs: Any) -> dict[str, Any]:
        self.asked.append(("cmd", function, args))
        return {minion: {"pid": 1} if self.running else {}}

    def get_cache_returns(self, jid: str) -> dict[str, Any]:
        return self.cached


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """What supervisord says of Salt."""
    found = {
        name: {"statename": "RUNNING", "pid": 1, "now": 1, "start": 0} for name in jobs.DAEMONS
    }
    monkeypatch.setattr(supervise, "states", lambda run: found)
    return found


def watching(client: Client) -> Jobs:
    made = Jobs.__new__(Jobs)
    made._client, made._layout = client, Layout(Path("/nowhere"), Path("/nowhere"))
    return made


def test_what_does_not_run_is_said_at_once(programs: dict[str, dict[str, str]]) -> None:
    client = Client()
    programs["salt-minion"]["statename"] = "STOPPED"
    with pytest.raises(MachineError, match="salt-minion does not run") as caught:
        watching(client).run("state.apply")
    assert caught.value.next == "flipside platform.bootstrap"
    assert client.asked == []


def event(tag: str, **data: Any) -> dict[str, Any]:
    return {"tag": tag, "data": data}


def test_return_ends_the_watch_and_others_events_are_passed_by() -> None:
    heard: list[dict[str, Any]] = []
    client = Client(
        event("salt/auth"),
        event("flipside/blog.production/1", n=1),
        event("flipside/blog.production-x/1", n=2),
        event("salt/job/12/prog/platform/0", n=3),
        event("salt/job/1/prog/platform/0", n=4),
        event("salt/job/1/ret/other", **{"return": "wrong"}),
        None,
        event(RET, **{"return": "done"}),
    )
    found = watching(client).run("state.apply", "x", topic="blog.production", on_event=heard.append)
    assert found == "done"
    assert [one["n"] for one in heard] == [1, 4]


def test_function_and_arguments_are_passed_on() -> None:
    client = Client(event(RET, **{"return": True}))
    watching(client).run("state.apply", "app", returner="r", test=True)
    _, args, kwargs = client.asked[0]
    assert args == ("platform", "state.apply")
    assert (kwargs["arg"], kwargs["kwarg"], kwargs["ret"]) == (["app"], {"test": True}, "r")


def test_quiet_job_that_runs_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUIET", 0.0)
    client = Client(None, None, event(RET, **{"return": 1}))
    assert watching(client).run("test.sleep") == 1
    assert ("cmd", "saltutil.find_job", ["1"]) in client.asked


def test_missed_return_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUIET", 0.0)
    client = Client(None, running=False)
    client.cached = {"platform": {"ret": "kept"}}
    assert watching(client).run("test.ping") == "kept"


def test_lost_job_says_so_and_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "QUIET", 0.0)
    client = Client(None, running=False)
    with pytest.raises(MachineError, match="lost the job") as caught:
        watching(client).run("test.ping")
    assert caught.value.next == "flipside platform.doctor"
    assert ("cmd", "saltutil.term_job", ["1"]) in client.asked


def test_interrupt_cancels_the_job() -> None:
    """Ctrl-C on the laptop ends what runs on the machine, which cleans up after itself."""
    client = Client(event("salt/job/1/prog/platform/0"), running=False)

    def interrupt(_: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watching(client).run("state.apply", on_event=interrupt)
    assert ("cmd", "saltutil.term_job", ["1"]) in client.asked


def test_master_that_knows_no_minion(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    client.minions = []
    with pytest.raises(MachineError, match="no minion"):
        watching(client).run("test.ping")


def test_ping_is_false_for_silence_and_for_an_error() -> None:
    assert watching(Client(event(RET))).ping() is True
    assert watching(Client(*[None] * 100_000)).ping(timeout=0.01) is False
    assert watching(Client()).ping() is False
