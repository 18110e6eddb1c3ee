"""Holding requests during a migration, behind a real nginx and in front of a real uwsgi."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import socket as sockets
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.machine.hold import Hold, Released
from flipside.machine.uwsgi_client import UwsgiError, pack, request

NGINX = """
{2}
daemon off; worker_processes 1; pid {0}/nginx.pid; error_log {0}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; client_max_body_size 50m; client_body_temp_path {0}/body;
  proxy_temp_path {0}/p; fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{
    listen 127.0.0.1:{1};
    location / {{ uwsgi_pass unix:{0}/current.sock; include {0}/params; }}
  }}
}}
"""
PARAMS = ["REQUEST_METHOD $request_method", "PATH_INFO $document_uri", "REQUEST_URI $request_uri"]
PARAMS += ["CONTENT_LENGTH $content_length", "SERVER_PROTOCOL $server_protocol"]
PARAMS += ["QUERY_STRING $query_string", "SERVER_NAME $server_name", "SERVER_PORT $server_port"]
ECHO = """
import hashlib
def app(environ, start):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    digest = hashlib.sha256(environ["wsgi.input"].read(length)).hexdigest()
    start("200 OK", [("X-Length", str(length))])
    return [digest.encode(), b" "] + [b"y" * 100_000] * (5 if environ["PATH_INFO"] == "/big" else 0)
"""
VARS = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_PROTOCOL": "HTTP/1.1"}


def point(short: Path, to: str) -> None:
    """Point current.sock elsewhere in one rename."""
    (short / "next").symlink_to(to)
    (short / "next").replace(short / "current.sock")


@pytest.fixture
def port(short: Path) -> Iterator[int]:
    """An nginx that passes to current.sock."""
    with sockets.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    (short / "params").write_text("".join(f"uwsgi_param {param};\n" for param in PARAMS))
    (short / "nginx.conf").write_text(
        NGINX.format(short, port, "user root root;" if os.geteuid() == 0 else "")
    )
    argv = ["/usr/sbin/nginx", "-c", str(short / "nginx.conf"), "-p", str(short)]
    process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    while True:
        with contextlib.suppress(OSError), sockets.create_connection(("127.0.0.1", port), 1):
            break
        time.sleep(0.02)
    yield port
    process.terminate()
    process.wait()


def post(port: int, body: bytes, path: str = "/") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    with contextlib.closing(connection):
        return answer.status, answer.read()


def hashed(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode() + b" "


def test_nothing_is_lost_behind_nginx(short: Path, port: int, uwsgi: Callable[..., Any]) -> None:
    """50 POSTs of up to 5 MB wait 2 s, then all are answered, each with its own body's hash."""
    bodies = [os.urandom(100 + i * i * 2100) for i in range(50)]
    with ThreadPoolExecutor(50) as pool, Hold(short / "hold.sock") as hold:
        point(short, "hold.sock")
        start = time.monotonic()
        waiting = [pool.submit(post, port, body) for body in bodies]
        time.sleep(2)
        assert not any(future.done() for future in waiting)
        app = uwsgi(ECHO, "new", "--listen=1024")
        point(short, app.socket.name)
        released = hold.release_to(app.socket, 0.1)
        answers = [future.result() for future in waiting]
    assert released == Released(50, 0)
    assert answers == [(200, hashed(body)) for body in bodies]
    assert time.monotonic() - start < 15
    assert not (short / "hold.sock").exists()


def test_a_thousand_at_once(short: Path, uwsgi: Callable[..., Any]) -> None:
    """More than the target's queue has room for, straight into the socket."""
    app = uwsgi(ECHO)
    callers = []
    with Hold(short / "hold.sock") as hold:
        for _ in range(1000):
            callers.append(sockets.socket(sockets.AF_UNIX))
            callers[-1].connect(str(short / "hold.sock"))
        packet = _packet(b"hello")
        for caller in callers:
            caller.sendall(packet)
        assert hold.release_to(app.socket, 0.1) == Released(1000, 0)
    for caller in callers:
        with caller:
            answer = _drain(caller)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert answer.endswith(hashed(b"hello"))


def test_those_still_arriving(short: Path, uwsgi: Callable[..., Any]) -> None:
    """Whoever connects while the queue is emptied is relayed, too."""
    app = uwsgi(ECHO)
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(20) as pool:

        def late(i: int) -> int:
            time.sleep(i * 0.03)
            return request(short / "hold.sock", VARS | {"CONTENT_LENGTH": "2"}, b"hi").status

        futures = [pool.submit(late, i) for i in range(20)]
        assert hold.release_to(app.socket, 0.3) == Released(20, 0)
        assert [future.result() for future in futures] == [200] * 20


def test_big_answers(short: Path, uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(ECHO)
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(1) as pool:
        future = pool.submit(request, short / "hold.sock", VARS | {"PATH_INFO": "/big"})
        time.sleep(0.1)
        assert hold.release_to(app.socket, 0.05) == Released(1, 0)
        assert len(future.result().body) == 500_065


def test_nobody_there_is_a_503(short: Path) -> None:
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(3) as pool:
        vars_ = VARS | {"CONTENT_LENGTH": "5000"}
        asked = [pool.submit(request, short / "hold.sock", vars_, b"x" * 5000) for _ in range(3)]
        time.sleep(0.1)
        assert hold.release_to(short / "none.sock", 0.05) == Released(0, 3)
        answers = [future.result() for future in asked]
    assert [answer.status for answer in answers] == [503] * 3
    assert answers[0].headers["retry-after"] == "5"


def test_a_503_reaches_visitors_through_nginx(short: Path, port: int) -> None:
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(1) as pool:
        point(short, "hold.sock")
        asked: Future[tuple[int, bytes]] = pool.submit(post, port, b"hello")
        time.sleep(0.2)
        hold.release_to(short / "none.sock", 0.05)
        assert asked.result() == (503, b"The app is not running. Try again.\n")


def test_an_app_that_says_nothing_counts_as_failed(short: Path, uwsgi: Callable[..., Any]) -> None:
    app = uwsgi("def app(environ, start): raise RuntimeError('boom')")
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(request, short / "hold.sock", VARS)
        time.sleep(0.1)
        assert hold.release_to(app.socket, 0.05) == Released(0, 1)
        with pytest.raises(UwsgiError):
            asked.result()


def test_an_endless_answer_is_cut(short: Path, uwsgi: Callable[..., Any]) -> None:
    """A stream cannot keep a deploy from ending; whoever then still waits gets a 503."""
    endless = "import time\ndef app(e, start):\n    start('200 OK', [])\n"
    app = uwsgi(endless + "    while True:\n        yield b'x'\n        time.sleep(0.05)\n")
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(request, short / "hold.sock", VARS)
        time.sleep(0.1)
        start = time.monotonic()
        assert hold.release_to(app.socket, 0.05, limit=1.0) == Released(0, 1)
        assert time.monotonic() - start < 3
        assert asked.result().status == 200


def test_half_close_is_passed_on(short: Path) -> None:
    """A caller that has finished sending still gets an answer, made after its end was seen."""
    listener = sockets.socket(sockets.AF_UNIX)
    listener.bind(str(short / "app.sock"))
    listener.listen(5)

    def app() -> None:
        conn, _ = listener.accept()
        with listener, conn:
            conn.sendall(b"got " + _drain(conn))

    threading.Thread(target=app, daemon=True).start()
    with Hold(short / "hold.sock") as hold, sockets.socket(sockets.AF_UNIX) as caller:
        caller.connect(str(short / "hold.sock"))
        caller.sendall(b"all of it")
        caller.shutdown(sockets.SHUT_WR)
        assert hold.release_to(short / "app.sock", 0.05) == Released(1, 0)
        assert _drain(caller) == b"got all of it"


def test_an_early_answer_survives_an_unread_body(short: Path) -> None:
    """An app that refuses an upload unread: its answer comes through, not a reset."""
    listener = sockets.socket(sockets.AF_UNIX)
    listener.bind(str(short / "app.sock"))
    listener.listen(5)

    def app() -> None:
        conn, _ = listener.accept()
        with listener, conn:
            conn.recv(100)
            conn.sendall(b"HTTP/1.1 413 Too Large\r\n\r\nno")

    threading.Thread(target=app, daemon=True).start()
    with Hold(short / "hold.sock") as hold, ThreadPoolExecutor(1) as pool:
        body = b"x" * 2_000_000
        asked = pool.submit(request, short / "hold.sock", VARS, body)
        time.sleep(0.1)
        assert hold.release_to(short / "app.sock", 0.05) == Released(1, 0)
        assert asked.result().status == 413


def test_the_file_is_ours_alone(short: Path) -> None:
    """Mode as uwsgi's; a leftover is replaced; closing removes it and may be repeated."""
    path = short / "hold.sock"
    path.write_text("left over")
    hold = Hold(path)
    assert path.stat().st_mode & 0o7777 == 0o660
    hold.close()
    hold.close()
    assert not path.exists()


def test_a_path_too_long(short: Path) -> None:
    with pytest.raises(MachineError, match="cannot hold requests: AF_UNIX path too long"):
        Hold(short / ("a" * 120))


def test_nobody_waits(short: Path) -> None:
    with Hold(short / "hold.sock") as hold:
        assert hold.release_to(short / "none.sock", 0.05) == Released(0, 0)


def _packet(body: bytes) -> bytes:
    return pack(VARS | {"CONTENT_LENGTH": str(len(body))}) + body


def _drain(sock: sockets.socket) -> bytes:
    data = b""
    while part := sock.recv(65536):
        data += part
    return data
