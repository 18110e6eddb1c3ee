"""What an agent has begun besides itself: that it ends with it, and what it costs if it ends before."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import psutil
import pytest
from unit.backup.kill_points import die, in_child
from unit.backup.small import INSERT, Small

from flipside.backup.database import image, source
from flipside.backup.errors import BackupError

pytest_plugins = ["unit.backup.smalls"]


def until(holds: Callable[[], object]) -> object:
    """What comes of it in the end."""
    for _ in range(500):
        if found := holds():
            return found
        time.sleep(0.01)
    return None


def lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def begun(do: Callable[[], object]) -> psutil.Process:
    """A process that does something."""
    child = os.fork()
    if not child:
        os._exit(in_child(do))
    return psutil.Process(child)


def test_what_waits_for_a_pipe_for_an_agent_that_is_killed_ends_too(small, monkeypatch) -> None:
    """It would wait for ever, and there would be another one after each kill."""
    monkeypatch.setattr(source, "OPENING", 1.0)
    for suffix in ("", "-wal", "-shm"):
        small.path.with_name(f"app.db{suffix}").unlink(missing_ok=True)
    os.mkfifo(small.path)
    agent = begun(small.writer.once)
    (runs,) = until(agent.children)
    reading = until(runs.children) or []
    runs.kill()
    os.waitpid(agent.pid, 0)
    try:
        assert until(lambda: not any(map(lives, reading)))
    finally:
        for each in filter(lives, reading):
            each.kill()


def test_a_process_that_reads_and_is_killed_costs_a_pass(small: Small) -> None:
    small.once()
    small.sql(INSERT.format("second"))

    def run() -> None:
        image.take = lambda *_: die()
        with pytest.raises(BackupError):
            small.once()

    assert in_child(run) in {0, -signal.SIGKILL}
    assert small.moments() == small.images
    small.writer = small.agent()
    small.once()
    small.as_live()
