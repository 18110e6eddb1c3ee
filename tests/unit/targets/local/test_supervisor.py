"""supervisord of the local target: its configuration, and finding what belongs to a platform."""

from __future__ import annotations

import configparser
import os
import signal
import subprocess
import sys
from pathlib import Path, PurePosixPath

import psutil
import pytest

from flipside.salt.config import SaltPaths
from flipside.targets.local import supervisor

PATHS = SaltPaths(PurePosixPath("/srv/demo"), PurePosixPath("/tmp/fs"))


def test_configuration_runs_salt_and_forwards_what_is_printed() -> None:
    parser = configparser.RawConfigParser(strict=True)
    parser.read_string(supervisor.config(PATHS))
    assert parser["unix_http_server"]["file"] == "/tmp/fs/supervisor.sock"
    assert parser["unix_http_server"]["chmod"] == "0700"
    for role in ("master", "minion"):
        command = parser[f"program:salt-{role}"]["command"]
        assert command.startswith("/srv/demo/venv/bin/python -m flipside.machine.salt_daemon")
        assert f"-c /srv/demo/etc/salt/{role}" in command
    assert "PROCESS_LOG" in parser["eventlistener:logs"]["events"]
    assert parser["include"]["files"] == "programs/*.conf apps/*.conf"


def test_environment_is_marked_and_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("TZ", "UTC")
    found = supervisor.environment(Path("/srv/demo"))
    assert found[supervisor.MARK] == "/srv/demo"
    assert found["PYTHONPATH"] == "/srv/demo/lib"
    assert found["TZ"] == "UTC"
    assert "SECRET" not in found


@pytest.mark.parametrize(
    "content",
    [None, "", "x", "999999999", str(os.getpid())],
    ids=["no file", "nothing", "no number", "nobody", "another"],
)
def test_pid_of_another_program_is_none(tmp_path: Path, content: str | None) -> None:
    """A number that was left behind may be anybody's by now."""
    if content is not None:
        (tmp_path / "supervisord.pid").write_text(content)
    assert supervisor.pid(tmp_path) is None


def test_a_zombie_has_ended(tmp_path: Path) -> None:
    """Process 1 of a container may never wait for the orphans that it is given."""
    zombie = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    assert psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE
    assert supervisor._lasting([psutil.Process(zombie.pid)], 60) == []
    zombie.wait()


def test_orphans_are_found_by_their_mark_alone(tmp_path: Path) -> None:
    """A platform whose folder's name begins like ours is a stranger."""
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    ours = subprocess.Popen(sleep, env={supervisor.MARK: str(tmp_path)})
    theirs = subprocess.Popen(sleep, env={supervisor.MARK: f"{tmp_path}1"})
    try:
        assert [process.pid for process in supervisor.members(tmp_path)] == [ours.pid]
        assert supervisor.end_orphans(tmp_path) == 1
        assert ours.wait(5) == -signal.SIGTERM
        assert theirs.poll() is None
        assert supervisor.stop(tmp_path, tmp_path) == 0
    finally:
        for process in (ours, theirs):
            process.kill()
            process.wait()
