"""Whether nginx passes requests to the app."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from flipside.errors import DeployError
from flipside.machine import front

HEALTH = {"path": "/up"}


class Front(http.server.BaseHTTPRequestHandler):
    """Answers what is next in line."""

    answers: list[tuple[int, bytes]]
    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Host"]))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(front, "PATIENCE", 0.3)
    Front.seen = []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Front) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.mark.parametrize("status", [200, 302, 401, 500, 503])
def test_whatever_the_app_answers_is_an_answer(port: int, status: int) -> None:
    Front.answers = [(status, b"hello")]
    front.wait("blog.localhost", port, HEALTH)
    assert Front.seen == [("/up", "blog.localhost")]


def test_waits_while_nginx_takes_in_the_site(port: int) -> None:
    Front.answers = [(404, b"No app goes by this name here."), (502, b""), (200, b"ok")]
    front.wait("blog.localhost", port, HEALTH)
    assert len(Front.seen) == 3


def test_says_so_when_it_never_does(port: int) -> None:
    Front.answers = [(502, b"")]
    with pytest.raises(DeployError, match=r"requests for blog\.localhost"):
        front.wait("blog.localhost", port, HEALTH)
    with pytest.raises(DeployError):
        front.wait("blog.localhost", 1, HEALTH)
