"""Health checks and draining through a real uwsgi."""

from __future__ import annotations

import json
import socket as sockets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine.health import Health, accepts, drain, variables, wait_healthy
from flipside.machine.uwsgi_client import UwsgiError, request

APP = """
import json, os, time
count = 0
def app(environ, start):
    global count
    count += 1
    path = environ["PATH_INFO"]
    if path == "/hang":
        time.sleep(60)
    if path == "/slow":
        time.sleep(float(environ["QUERY_STRING"]))
    if path == "/boom":
        raise RuntimeError("boom")
    if path == "/flaky" and count < 3:
        start("500 Oops", [])
        return [b"not quite"]
    if path == "/warming" and count < 8:
        start("503 Wait", [("Retry-After", "1")])
        return [b"warming up"]
    if path == "/bad":
        start("500 Oops", [])
        return [b"Traceback: \\xff the reason" + b"x" * 5000]
    start("302 Found" if path == "/moved" else "200 OK", [("Location", "/x")])
    return [json.dumps({k: v for k, v in environ.items() if isinstance(v, str)}).encode()]
"""
HOST = "guestbook.example.com"


def probe(path: str = "/up", **more: Any) -> dict[str, Any]:
    return {"path": path, "method": "GET", "status": ["2xx"], "timeout": 10.0, **more}


def test_healthy(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    health = wait_healthy(app.socket, probe(), HOST, app.alive)
    assert health.status == 200
    assert health.attempts == 1
    assert health.seconds > 0


def test_waits_for_the_socket_and_the_import(uwsgi: Callable[..., Any]) -> None:
    """A slow start costs nothing but time."""
    app = uwsgi("import time; time.sleep(1)\n" + APP, listening=False)
    health = wait_healthy(app.socket, probe(), HOST, app.alive)
    assert health.seconds > 1
    assert health.attempts > 1


def test_the_app_sees_its_own_host_over_tls(uwsgi: Callable[..., Any]) -> None:
    """By-IP or plain-http probes meet 400s and 301s in real apps."""
    app = uwsgi(APP)
    answer = request(app.socket, variables(HOST, "GET", "/up?a=b"))
    seen = json.loads(answer.body)
    assert seen["wsgi.url_scheme"] == "https"
    assert seen["HTTP_HOST"] == HOST
    assert seen["HTTP_X_FORWARDED_PROTO"] == "https"
    assert seen["QUERY_STRING"] == "a=b"
    assert seen["SERVER_NAME"] == HOST
    assert seen["HTTP_USER_AGENT"] == "flipside-health"


def test_a_first_bad_answer_may_pass(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    assert wait_healthy(app.socket, probe("/flaky"), HOST, app.alive).attempts == 3


def test_retry_after_is_waited_for(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    assert wait_healthy(app.socket, probe("/warming"), HOST, app.alive).attempts == 8


def test_retry_after_ends_with_the_timeout(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    with pytest.raises(DeployError, match="answered 503 instead of 2xx\nwarming up"):
        wait_healthy(app.socket, probe("/warming", timeout=0.2), HOST, app.alive)


def test_a_bad_status_shows_the_body(uwsgi: Callable[..., Any]) -> None:
    """It is final after three tries, with the first 2 kB of the answer."""
    app = uwsgi(APP)
    start = time.monotonic()
    with pytest.raises(DeployError) as caught:
        wait_healthy(app.socket, probe("/bad"), HOST, app.alive)
    assert time.monotonic() - start < 2
    assert "GET /bad answered 500 instead of 2xx\nTraceback: \ufffd the reason" in caught.value.what
    assert len(caught.value.what) < 2200


def test_an_empty_answer(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    with pytest.raises(DeployError, match=r"GET /boom: closed without an answer \(0 bytes\)"):
        wait_healthy(app.socket, probe("/boom"), HOST, app.alive)


def test_a_hang_names_path_and_seconds(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    with pytest.raises(DeployError, match=r"GET /hang did not answer within 0\.5 s"):
        wait_healthy(app.socket, probe("/hang", timeout=0.5), HOST, app.alive)


def test_never_listening(short: Path) -> None:
    with pytest.raises(DeployError, match=r"did not listen within 0\.3 s"):
        wait_healthy(short / "no.sock", probe(timeout=0.3), HOST, lambda: True)


def test_exit_fails_at_once(uwsgi: Callable[..., Any]) -> None:
    """Also while a request hangs; not at the end of the timeout."""
    app = uwsgi(APP)
    threading.Timer(0.5, app.stop).start()
    start = time.monotonic()
    with pytest.raises(DeployError, match="exited while starting"):
        wait_healthy(app.socket, probe("/hang"), HOST, app.alive)
    assert time.monotonic() - start < 3


def test_never_started(short: Path) -> None:
    with pytest.raises(DeployError, match="exited while starting"):
        wait_healthy(short / "no.sock", probe(), HOST, lambda: False)


@pytest.mark.parametrize(
    ("wanted", "status", "good"),
    [([200], 200, True), (["2xx", "3xx"], 302, True), (["2xx"], 302, False), ([204], 200, False)],
)
def test_accepts(wanted: list[int | str], status: int, good: bool) -> None:
    assert accepts(wanted, status) is good


def test_a_redirect_can_be_healthy(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    health = wait_healthy(app.socket, probe("/moved", status=["2xx", "3xx"]), HOST, app.alive)
    assert isinstance(health, Health)
    assert health.status == 302


def test_drain_waits_for_all_who_queued_before(uwsgi: Callable[..., Any]) -> None:
    """With two threads busy and ten queued, all ten have been accepted when it returns."""
    app = uwsgi(APP)
    wait_healthy(app.socket, probe(), HOST, app.alive)
    answers: list[int | UwsgiError] = []

    def ask() -> None:
        try:
            slow = variables(HOST, "GET", "/slow?0.1")
            answers.append(request(app.socket, slow, timeout=10).status)
        except UwsgiError as error:
            answers.append(error)

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    start = time.monotonic()
    assert drain(app.socket, HOST, "/up", 10)
    assert time.monotonic() - start > 0.2
    assert len(answers) >= 10  # at most the two being worked on are left
    for thread in threads:
        thread.join()
    assert answers == [200] * 12


def test_drain_is_quick_when_idle(uwsgi: Callable[..., Any]) -> None:
    app = uwsgi(APP)
    wait_healthy(app.socket, probe(), HOST, app.alive)
    start = time.monotonic()
    assert drain(app.socket, HOST, "/boom", 5)
    assert time.monotonic() - start < 0.5


def test_drain_gives_a_hung_app_up(short: Path) -> None:
    with sockets.socket(sockets.AF_UNIX) as listener:
        listener.bind(str(short / "s"))
        listener.listen(5)
        assert not drain(short / "s", HOST, "/up", 0.3)


def test_drain_without_a_listener(short: Path) -> None:
    assert drain(short / "gone", HOST, "/up", 1)
