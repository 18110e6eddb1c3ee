"""Ports of the loopback: free, reserved while a platform is made, remembered."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from flipside.errors import MachineError
from flipside.targets import ports
from flipside.targets.ports import load, reserved, reserved_http


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ports.json"


@pytest.fixture
def taken() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_ports_are_chosen_below_the_ephemeral_range_and_remembered(path: Path) -> None:
    with reserved(path, None, in_use=False) as chosen:
        assert {name: port in ports.RANGES[name] for name, port in chosen.items()} == {
            "http": True,
            "publish": True,
            "ret": True,
        }
    assert load(path) == chosen
    with reserved(path, None, in_use=False) as again:
        assert again == chosen


def test_others_keep_away_meanwhile(path: Path, tmp_path: Path) -> None:
    """And a daemon that sets SO_REUSEADDR can listen all the same."""
    with reserved(path, None, in_use=False) as one:
        with reserved(tmp_path / "other.json", None, in_use=False) as two:
            assert not set(one.values()) & set(two.values())
        with socket.socket() as daemon:
            daemon.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            daemon.bind(("127.0.0.1", one["http"]))
            daemon.listen()


def test_port_that_a_person_chose_is_taken_or_refused(path: Path, taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    with pytest.raises(MachineError, match=f"port {port}"), reserved(path, port, in_use=False):
        pass
    assert not path.exists()
    taken.close()
    with reserved(path, port, in_use=False) as chosen:
        assert chosen["http"] == port


def test_running_platform_keeps_its_ports(path: Path, taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    path.write_text(f'{{"http": {port}, "publish": 24600, "ret": 28600}}')
    with reserved(path, None, in_use=True) as chosen:
        assert chosen["http"] == port
    with pytest.raises(MachineError, match="taken"), reserved(path, None, in_use=False):
        pass


def test_port_of_the_web_server_alone_is_held_or_refused(taken: socket.socket) -> None:
    with reserved_http(None) as one, reserved_http(None) as two:
        assert one != two
        assert {one, two} <= set(ports.RANGES["http"])
    port = taken.getsockname()[1]
    with pytest.raises(MachineError, match=f"port {port}"), reserved_http(port):
        pass
    taken.close()
    with reserved_http(port) as chosen:
        assert chosen == port


@pytest.mark.parametrize("text", ["", "[]", '{"http": "x"}', "{"])
def test_broken_memory_is_none(path: Path, text: str) -> None:
    path.write_text(text)
    assert load(path) == {}
