"""What runs, and what only looks as if it did."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from flipside.machine import processes


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    """A process that leads a group of its own."""
    sleep = ["sleep", "60"]
    started = subprocess.Popen(sleep, start_new_session=True)
    yield started
    started.kill()
    started.wait()


def ended(process: subprocess.Popen[bytes]) -> int:
    """Kill it and leave a zombie of it; return its id."""
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process.pid


def test_what_runs(leader: subprocess.Popen[bytes]) -> None:
    assert processes.lives(leader.pid)
    assert processes.group(leader.pid) == [leader.pid]


def test_a_zombie_does_not_run(leader: subprocess.Popen[bytes]) -> None:
    pid = ended(leader)
    assert (processes.PROC / str(pid)).exists()
    assert not processes.lives(pid)
    assert processes.group(pid) == []


def test_what_is_gone_does_not_run(leader: subprocess.Popen[bytes]) -> None:
    leader.kill()
    leader.wait()
    assert not processes.lives(leader.pid)
