"""The first process of a command's unit, as systemd starts it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flipside.machine import ordered

PROGRAM = [sys.executable, "-ISE", ordered.__file__]


@contextmanager
def given(argv: list[str], cwd: str = "/", **env: str) -> Iterator[subprocess.Popen[bytes]]:
    """Give an order; its input stays open during the block."""
    pipe = subprocess.PIPE
    with subprocess.Popen(PROGRAM, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0) as process:
        assert process.stdin
        process.stdin.write(json.dumps({"argv": argv, "cwd": cwd, "env": env}).encode() + b"\n")
        yield process


def test_it_has_the_orders_environment_and_folder_and_no_input(tmp_path: Path) -> None:
    with given(["/bin/sh", "-c", 'pwd; echo "$A"; cat'], str(tmp_path), A="it's\nme") as process:
        assert process.stdout
        assert process.stdout.read().decode() == f"{tmp_path}\nit's\nme\n"
        assert process.wait() == 0


@pytest.mark.parametrize(("command", "status"), [("exit 3", 3), ("kill -9 $$", 137)])
def test_status_is_what_a_shell_would_say(command: str, status: int) -> None:
    with given(["/bin/sh", "-c", command]) as process:
        assert process.wait() == status


def test_it_ends_when_whoever_ordered_it_does() -> None:
    with given(["/bin/sleep", "9"]) as process:
        assert process.stdin
        process.stdin.close()
        assert process.wait(10) == 1


def test_what_cannot_be_run_is_said() -> None:
    with given(["/no/such"]) as process:
        assert process.wait() == ordered.CANNOT_RUN
        assert process.stderr
        assert b"cannot run `/no/such`" in process.stderr.read()
