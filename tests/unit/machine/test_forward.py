"""Lines of supervisord's programs, passed on to rsyslog's socket."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from flipside.machine.forward import Syslog, log_name


@pytest.fixture
def path(short: Path) -> Path:
    return short / "log.sock"


def listener(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server.bind(str(path))
    server.settimeout(2)
    return server


@pytest.mark.parametrize(
    ("program", "name"),
    [
        ("nginx", "nginx"),
        ("salt-master", "salt-master"),
        ("app.guestbook.production.7", "guestbook.production"),
        ("app.app1.pr-12.10", "app1.pr-12"),
    ],
)
def test_a_generations_lines_belong_to_its_environment(program: str, name: str) -> None:
    assert log_name(program) == name


def test_lines_arrive_under_the_programs_name(path: Path) -> None:
    with listener(path) as server:
        assert Syslog(path).send("nginx", "hello\u00e9") is True
        assert server.recv(100) == "<30>nginx: hello\u00e9".encode()


def test_a_daemon_that_was_away_is_found_again(path: Path) -> None:
    """What is printed meanwhile is dropped, and nobody waits."""
    syslog = Syslog(path)
    assert syslog.send("nginx", "lost") is False
    with listener(path) as server:
        assert syslog.send("nginx", "one") is True
        assert server.recv(100).endswith(b"one")
    assert syslog.send("nginx", "lost") is False
    with listener(path) as server:
        assert syslog.send("nginx", "two") is True
        assert server.recv(100).endswith(b"two")


def test_full_queue_blocks_nobody(path: Path) -> None:
    with listener(path):
        syslog = Syslog(path)
        sent = [syslog.send("nginx", "x") for _ in range(2000)]
    assert sent[0] is True
    assert sent[-1] is False


def test_long_line_is_cut(path: Path) -> None:
    with listener(path) as server:
        assert Syslog(path).send("nginx", "x" * 100_000) is True
        assert len(server.recv(200_000)) == 60_000
