"""The uwsgi client against a real uwsgi, and against sockets that misbehave."""

from __future__ import annotations

import contextlib
import socket as sockets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flipside.machine import uwsgi_client as client

VARS = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}
ECHO = """
def app(environ, start):
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
    if environ["PATH_INFO"] == "/boom":
        raise RuntimeError("boom")
    start("201 Created", [("X-Path", environ["PATH_INFO"]), ("Set-Cookie", "a=1")])
    return [body]
"""


def serve(path: Path, answer: Callable[[sockets.socket], None]) -> None:
    """Accept one caller and let `answer` deal with it."""
    listener = sockets.socket(sockets.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1)

    def run() -> None:
        caller, _ = listener.accept()
        with listener, caller, contextlib.suppress(OSError):
            answer(caller)

    threading.Thread(target=run, daemon=True).start()


def test_answer(uwsgi: Callable[..., Any]) -> None:
    """Status, headers and the whole body come back, whatever the body's size."""
    app = uwsgi(ECHO)
    body = b"x" * 500_000
    asked = VARS | {"PATH_INFO": "/ä", "CONTENT_LENGTH": str(len(body))}
    answer = client.request(app.socket, asked, body)
    assert answer.status == 201
    assert answer.headers["x-path"] == "/Ã¤"  # WSGI's latin-1 view of UTF-8
    assert answer.body == body
    assert 0 < answer.seconds < 10


def test_exception_is_an_empty_answer(uwsgi: Callable[..., Any]) -> None:
    """Uwsgi closes the connection without a byte when the callable raises."""
    app = uwsgi(ECHO)
    with pytest.raises(client.EmptyAnswerError, match="0 bytes"):
        client.request(app.socket, VARS | {"PATH_INFO": "/boom"})


def test_no_such_socket(short: Path) -> None:
    with pytest.raises(client.NotListeningError, match="No such file"):
        client.request(short / "no.sock", VARS)


def test_refused(short: Path) -> None:
    """A socket file whose process has gone."""
    with sockets.socket(sockets.AF_UNIX) as dead:
        dead.bind(str(short / "dead.sock"))
    with pytest.raises(client.NotListeningError, match="refused"):
        client.request(short / "dead.sock", VARS)


def test_path_too_long(short: Path) -> None:
    with pytest.raises(client.NotListeningError, match="too long"):
        client.request(short / ("a" * 120), VARS)


def test_deadline_is_for_everything(short: Path) -> None:
    """An answer that drips does not stretch the timeout."""

    def drip(caller: sockets.socket) -> None:
        for _ in range(50):
            caller.send(b"H")
            time.sleep(0.05)

    serve(short / "s", drip)
    start = time.monotonic()
    with pytest.raises(client.NoAnswerError, match=r"within 0\.3 s"):
        client.request(short / "s", VARS, timeout=0.3)
    assert time.monotonic() - start < 1


def test_full_queue_is_waited_for_until_the_deadline(short: Path) -> None:
    """A queue without room answers EAGAIN at once; that is no refusal."""
    with sockets.socket(sockets.AF_UNIX) as listener, sockets.socket(sockets.AF_UNIX) as first:
        listener.bind(str(short / "s"))
        listener.listen(0)
        first.connect(str(short / "s"))
        with pytest.raises(client.NoAnswerError):
            client.request(short / "s", VARS, timeout=0.2)


@pytest.mark.parametrize("raw", [b"hello", b"HTTP/1.1 200 OK\r\nA: b", b"HTTP/1.1 abc\r\n\r\n"])
def test_garbage(short: Path, raw: bytes) -> None:
    def babble(caller: sockets.socket) -> None:
        caller.recv(4096)
        caller.sendall(raw)

    serve(short / "s", babble)
    with pytest.raises(client.GarbledAnswerError, match="no HTTP answer"):
        client.request(short / "s", VARS)


def test_too_many_variables(short: Path) -> None:
    with pytest.raises(client.GarbledAnswerError, match="the protocol ends at 65535"):
        client.request(short / "s", {"A": "x" * 70_000})


def test_answer_before_the_body_is_read(short: Path) -> None:
    """An early answer counts even if the rest of the body is refused."""

    def early(caller: sockets.socket) -> None:
        caller.recv(10)
        caller.sendall(b"HTTP/1.1 413 Too Large\r\n\r\nno")

    serve(short / "s", early)
    assert client.request(short / "s", VARS, b"x" * 5_000_000).status == 413


def test_check_ends_the_request(short: Path) -> None:
    """What `check` raises comes through while the app is silent."""
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise InterruptedError("enough")

    serve(short / "s", lambda _: time.sleep(3))
    with pytest.raises(InterruptedError):
        client.request(short / "s", VARS, timeout=3, check=check)


def test_packet() -> None:
    """The packet of the protocol's documentation: sizes are little-endian."""
    assert client.pack({"A": "bc"}) == b"\x00\x07\x00\x00" + b"\x01\x00A" + b"\x02\x00bc"
