"""The platform's agent as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from flipside.machine.backup import agent

Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def start(box) -> Iterator[Start]:
    """Start the agent."""
    started: list[subprocess.Popen[str]] = []

    def go() -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", agent.__name__, str(box.layout.root)]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(argv, text=True, env=env, **streams))
        return started[-1]

    yield go
    for each in started:
        each.kill()
        each.communicate()


def lines(running, count: int) -> list[str]:
    return [running.stdout.readline() for _ in range(count)]


def test_it_keeps_all_apps_and_ends_well_when_told(box, start) -> None:
    running = start()
    first, *stored = lines(running, 3)
    assert first == f"keeping {box.layout.apps} in {box.repository}\n"
    assert any(line.startswith("blog/production/app.db: base, ") for line in stored)
    assert any(line.startswith("blog/production: files, ") for line in stored)
    box.sql("INSERT INTO entry VALUES ('second')")
    assert lines(running, 1)[0].startswith("blog/production/app.db: increment, ")
    running.send_signal(signal.SIGTERM)
    assert running.communicate()[1] == ""
    assert running.returncode == 0


def test_a_pass_by_hand_goes_on_beside_it_and_a_second_agent_does_not(box, start) -> None:
    first = start()
    lines(first, 3)
    assert all(one["error"] is None for one in box.call("backup_now"))
    second = start()
    assert "another agent on this computer" in second.communicate()[1]
    assert (second.returncode, first.poll()) == (1, None)


def test_killed_it_goes_on_at_its_next_start(box, start) -> None:
    first = start()
    lines(first, 3)
    first.kill()
    first.wait()
    box.sql("INSERT INTO entry VALUES ('second')")
    assert lines(start(), 2)[1].startswith("blog/production/app.db: increment, ")


def test_without_settings_it_ends_with_words(box, start) -> None:
    box.layout.backup_settings.unlink()
    running = start()
    assert running.communicate()[1].startswith("error: this platform keeps no backups yet\n")
    assert running.returncode == 1


def test_a_failure_is_in_its_log_and_that_it_works_again(box, start) -> None:
    running = start()
    lines(running, 3)
    path = box.data() / "app.db"
    whole = path.read_bytes()
    path.write_bytes(b"no database" * 1000)
    assert "cannot read it: file is not a database" in lines(running, 1)[0]
    path.write_bytes(whole)
    assert any("works again" in line for line in iter(running.stdout.readline, ""))
