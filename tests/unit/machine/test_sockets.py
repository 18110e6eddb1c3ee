"""Who listens is known without connecting."""

from __future__ import annotations

import socket
from pathlib import Path

from flipside.machine import sockets


def test_a_socket_that_listens_and_one_that_is_only_there(short: Path) -> None:
    listens, bound = short / "a b.sock", short / "bound.sock"
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
        one.bind(str(listens))
        one.listen(1)
        other.bind(str(bound))
        assert sockets.listens(listens)
        assert not sockets.listens(bound)
        one.setblocking(False)
        try:
            one.accept()
        except BlockingIOError:
            pass
        else:
            raise AssertionError("looking has connected")
    assert not sockets.listens(listens)
