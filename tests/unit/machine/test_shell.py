"""One shell command and everything that it starts."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import cast

import pytest

from flipside.errors import DeployError
from flipside.machine import ordered, processes
from flipside.machine.confined import Confined
from flipside.machine.shell import Shell

ENV = {"PATH": os.environ["PATH"]}


def run(command: str, timeout: float = 10.0) -> tuple[int, list[str], Shell]:
    shell, said = Shell(command, Path("/"), ENV, ()), []
    return shell.run(timeout, said.append), said, shell


@pytest.mark.parametrize(("command", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9)])
def test_status_is_the_commands(command: str, status: int) -> None:
    assert run(command)[0] == status


def test_lines_come_whole_and_progress_bars_as_their_last_state() -> None:
    command = r"printf 'one\n10%%\r100%%\n'; printf 'err\n' >&2; printf 'no newline'"
    assert run(command)[1] == ["one", "100%", "err", "no newline"]


def test_timeout_ends_the_children_too() -> None:
    begun = time.monotonic()
    status, said, shell = run("sleep 60 & echo $!; wait", timeout=0.5)
    assert shell.late
    assert status != 0
    assert time.monotonic() - begun < 5
    assert not processes.lives(int(said[0]))


def test_what_is_left_running_is_ended() -> None:
    status, said, shell = run("sleep 60 & echo $!")
    assert (status, shell.late) == (0, False)
    assert not processes.lives(int(said[0]))


def test_only_the_end_of_much_output_is_kept() -> None:
    _, said, shell = run("seq 5000")
    assert len(said) == 5000
    assert shell.lines == said[-2000:]


def test_folder_that_is_gone() -> None:
    with pytest.raises(DeployError, match="cannot run `true`"):
        Shell("true", Path("/no/such"), ENV, ()).run(1, print)


class Unconfined:
    """What takes orders as a unit's first process does, and nothing that confines it."""

    def taking_orders(self) -> list[str]:
        return [sys.executable, "-ISE", ordered.__file__]


def told(command: str, timeout: float = 10.0, **env: str) -> tuple[int, list[str], Shell]:
    said: list[str] = []
    confined = cast("Confined", Unconfined())
    shell = Shell(command, Path("/tmp"), ENV | env, (), confined)
    return shell.run(timeout, said.append), said, shell


def test_order_is_carried_out_with_an_environment_of_any_size() -> None:
    status, said, _ = told('pwd; echo "${#A}"; cat; exit 3', A="x" * 100_000)
    assert (status, said) == (3, ["/tmp", "100000"])


def test_order_that_takes_too_long_is_given_up() -> None:
    status, said, shell = told("echo begun; sleep 9; echo ended", timeout=1)
    assert (shell.late, status, said) == (True, 1, ["begun"])
