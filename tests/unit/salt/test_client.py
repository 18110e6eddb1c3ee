"""Calling the machine's code: JSON in, events while it runs, one answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import Any

import pytest

from flipside import errors
from flipside.salt.client import call, command


class Machine:
    """A machine that prints what it is told to."""

    root = PurePosixPath("/srv/demo")

    def __init__(self, *lines: Any) -> None:
        self.lines = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        self.ran: list[tuple[Sequence[str], bytes]] = []

    def run(
        self, argv: Sequence[str], *, stdin: bytes = b"", on_line: Callable[[str], None]
    ) -> str:
        self.ran.append((argv, stdin))
        for line in self.lines:
            on_line(line)
        return ""


def test_command_is_the_machines_own_python() -> None:
    assert command(PurePosixPath("/srv/demo"), "deploy") == [
        "/srv/demo/venv/bin/python",
        "-m",
        "flipside.machine",
        "/srv/demo",
        "deploy",
    ]


def test_arguments_go_in_and_the_result_comes_out() -> None:
    machine, events = Machine({"event": {"step": "a"}}, {"event": {"done": "a"}}, {"result": 7}), []
    assert call(machine, "deploy", events.append, app="blog") == 7
    assert events == [{"step": "a"}, {"done": "a"}]
    ((_, stdin),) = machine.ran
    assert json.loads(stdin) == {"app": "blog"}


@pytest.mark.parametrize("line", ["Traceback:", "[1]", "7"])
def test_stray_output_is_a_detail(line: str) -> None:
    events: list[dict[str, Any]] = []
    assert call(Machine(line, {"result": None}), "x", events.append) is None
    assert events == [{"detail": line}]


def test_error_comes_back_as_the_class_that_was_raised() -> None:
    fields = {"what": "held", "where": "blog", "next": "wait"}
    with pytest.raises(errors.LockedError) as caught:
        call(Machine({"error": {"class": "LockedError", **fields}}), "x")
    assert caught.value.as_dict() == fields
    with pytest.raises(errors.FlipsideError, match="held"):
        call(Machine({"error": {"class": "Unheard", **fields}}), "x")


def test_silence_is_an_error() -> None:
    with pytest.raises(errors.MachineError, match="without an answer"):
        call(Machine({"event": {}}), "x")
