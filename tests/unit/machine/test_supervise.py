"""supervisord's own interface, asked of a real supervisord."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flipside.machine import supervise

CONFIG = """\
[unix_http_server]
file = {0}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisord]
nodaemon = true
logfile = {0}/log
pidfile = {0}/pid
[program:one]
command = /bin/sleep 1000
[program:two]
command = /bin/sleep 1000
[program:three]
command = /bin/sleep 1000
"""


@pytest.fixture
def run(short: Path) -> Iterator[Path]:
    (short / "conf").write_text(CONFIG.format(short))
    argv = [sys.executable, "-m", "supervisor.supervisord", "-c", str(short / "conf")]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        while not (short / "supervisor.sock").exists():
            time.sleep(0.02)
        yield short
        process.terminate()


def pids(run: Path) -> dict[str, int]:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = supervise.states(run)
        if all(info["pid"] for info in found.values()):
            return {name: info["pid"] for name, info in found.items()}
        time.sleep(0.02)
    pytest.fail("a program did not start")


def test_restart_replaces_the_named_and_no_other(run: Path) -> None:
    before = pids(run)
    supervise.restart(run, ("one", "two"))
    after = pids(run)
    assert before["three"] == after["three"]
    assert before["one"] != after["one"]
    assert before["two"] != after["two"]


def test_restart_starts_what_was_down(run: Path) -> None:
    pids(run)
    with supervise.connected(run) as rpc:
        rpc.stopProcess("one", True)
    supervise.restart(run, ("one",))
    assert supervise.states(run)["one"]["statename"] in ("STARTING", "RUNNING")


def test_nobody_there_is_an_oserror(short: Path) -> None:
    with pytest.raises(OSError):
        supervise.states(short)
