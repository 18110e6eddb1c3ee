"""An S3 over HTTP: moto behind a proxy that can do to an exchange what networks and servers do."""

from __future__ import annotations

import http.client
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

HOPS = {"connection", "expect", "keep-alive", "transfer-encoding", "content-length"}
CONDITIONS = frozenset({"if-match", "if-none-match"})


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Exchange(BaseHTTPRequestHandler):
    """A request, and the connection that its answer goes to."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    proxy: Proxy

    def run(self) -> None:
        self.content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.proxy.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        self.close_connection = True
        (self.proxy.fault() or plain)(self)

    def forward(self, *, without: frozenset[str] = frozenset()) -> Answer:
        """Have moto do what is asked for; one at a time, as it checks conditions without a lock."""
        left = HOPS | without
        headers = {name: each for name, each in self.headers.items() if name.lower() not in left}
        with self.proxy.alone:
            there = http.client.HTTPConnection("127.0.0.1", self.proxy.behind)
            there.request(self.command, self.path, self.content, headers)
            found = there.getresponse()
            answer = Answer(found.status, found.getheaders(), found.read())
            there.close()
        return answer

    def answer(self, answer: Answer, *, cut: bool = False) -> None:
        self.send_response_only(answer.status)
        for name, each in answer.headers:
            if name.lower() not in HOPS:
                self.send_header(name, each)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2 if cut else None])
        self.close_connection = cut

    def log_message(self, *_) -> None:
        pass


for verb in ("GET", "PUT", "DELETE", "POST"):
    setattr(Exchange, f"do_{verb}", Exchange.run)
Fault = Callable[[Exchange], None]


def plain(exchange: Exchange) -> None:
    """All goes well."""
    exchange.answer(exchange.forward())


def dropped(exchange: Exchange) -> None:
    """The request is lost."""


def lost(exchange: Exchange) -> None:
    """The request is done; its answer is lost."""
    exchange.forward()


def cut(exchange: Exchange) -> None:
    """The answer breaks off half way."""
    exchange.answer(exchange.forward(), cut=True)


def late(exchange: Exchange) -> None:
    """The request is done; the answer comes only once nobody waits for it any more."""
    exchange.forward()
    exchange.connection.recv(1)


def heedless(exchange: Exchange) -> None:
    """The server knows no conditions."""
    exchange.answer(exchange.forward(without=CONDITIONS))


def half_heedless(exchange: Exchange) -> None:
    """The server knows but one of the conditions."""
    exchange.answer(exchange.forward(without=frozenset({"if-match"})))


def only(method: str, fault: Fault) -> Fault:
    """The fault of requests of one kind; the others go well."""

    def run(exchange: Exchange) -> None:
        if exchange.command == method:
            fault(exchange)
        else:
            plain(exchange)

    return run


def refused(status: int, code: str, more: str = "") -> Fault:
    """The server says no."""
    body = f"<Error><Code>{code}</Code><Message>it says so</Message>{more}</Error>"
    answer = Answer(status, [("Content-Type", "application/xml")], body.encode())
    return lambda exchange: exchange.answer(answer)


busy = refused(503, "SlowDown")


class Proxy:
    """What stands between boto3 and moto.

    Attributes:
        port: Where it listens.
        faults: What happens to the next requests, one each; None to one that goes well.
        always: What happens to all others.
        asked: Every request so far.
    """

    def __init__(self, behind: int) -> None:
        self.behind, self.alone = behind, threading.Lock()
        self.faults: deque[Fault | None] = deque()
        self.always: Fault | None = None
        self.asked: list[str] = []
        self.port = 0
        self.up()

    def up(self) -> None:
        """Listen, at the same port as ever."""
        handler = type("Bound", (Exchange,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.listens = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections, and answer nothing on those that are open."""
        self.listens = False
        self._server.shutdown()
        self._server.server_close()

    def fault(self) -> Fault | None:
        if not self.listens:
            return dropped
        return self.faults.popleft() if self.faults else self.always
