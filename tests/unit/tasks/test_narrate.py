"""The console as targets and machines speak to it."""

from __future__ import annotations

import io

import pytest

from flipside.console import Console
from flipside.errors import DeployError
from flipside.tasks.narrate import Live, Narrator


@pytest.fixture
def console():
    return Console(out=io.StringIO(), err=io.StringIO())


def said(console) -> list[str]:
    return [line.partition(" (")[0].rstrip() for line in console._out.getvalue().splitlines()]


def test_details_go_to_the_innermost_step(console) -> None:
    narrator = Narrator(console)
    narrator.detail("before")
    with narrator.step("outer"):
        with narrator.step("inner"):
            narrator.detail("one")
        narrator.detail("two")
    assert said(console) == ["before", "  ok    inner", "    one", "ok    outer", "  two"]


def test_events_become_steps_as_they_arrive(console) -> None:
    with Live(console) as live:
        live({"step": "Install"})
        assert said(console) == []
        live({"detail": "3 wheels"})
        live({"done": "Install", "seconds": 1})
        assert said(console) == ["ok    Install", "  3 wheels"]
        live({"step": "Switch"})
    assert said(console)[2:] == ["ok    Switch"]


def test_a_step_ends_when_the_next_begins(console) -> None:
    with Live(console) as live:
        live({"step": "one"})
        live({"step": "two"})
        live({"state": "ignored"})
    assert said(console) == ["ok    one", "ok    two"]


def test_the_open_step_fails_with_the_task(console) -> None:
    def deploy() -> None:
        with Live(console) as live:
            live({"step": "Start"})
            raise DeployError("it does not answer")

    with pytest.raises(DeployError):
        deploy()
    assert said(console) == ["failed Start"]
