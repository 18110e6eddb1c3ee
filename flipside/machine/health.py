"""Ask a generation, through its own socket, whether it can serve; and wait until its queue is empty."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.errors import DeployError
from flipside.machine.uwsgi_client import (
    EmptyAnswerError,
    GarbledAnswerError,
    NoAnswerError,
    NotListeningError,
    Response,
    UwsgiError,
    request,
)

_TRIES = 3
_GRACE = 1.0
_SHOWN = 2048


@dataclass(frozen=True)
class Health:
    """A good answer: its HTTP status, the seconds until it came, the requests that it took."""

    status: int
    seconds: float
    attempts: int


def wait_healthy(
    socket: Path,
    probe: Mapping[str, Any],
    host: str,
    alive: Callable[[], bool],
    tick: float = 0.05,
) -> Health:
    """Request the health path until it answers as it should.

    A socket that is not there yet is waited for until the timeout, and so is a 503 that carries
    ``Retry-After`` (HTTP's own "not yet"). Any other bad answer stands after three tries within a
    second: an app that answers has started.

    Args:
        socket: The generation's own listening socket.
        probe: ``path``, ``method``, ``status`` (numbers, or ``"2xx"``), ``timeout`` in seconds.
        host: The app's first domain, sent as ``Host``.
        alive: Whether the app's process still runs; asked every `tick`.
        tick: Seconds between attempts.

    Raises:
        DeployError: The process ended, the timeout passed, or the answer is a bad one.
    """
    return _Probe(socket, probe, host, alive, tick).run()


def drain(socket: Path, host: str, path: str, timeout: float) -> bool:
    """Wait until everything queued on a socket has been accepted; traffic must go elsewhere already.

    An accept queue is first in, first out: when a request of ours has been answered, in whatever
    way, everything queued before it was accepted. The second one covers a ``connect`` that had
    followed the old symlink but had not queued yet.

    Args:
        socket: The socket that was switched away from.
        host: Sent as ``Host``.
        path: Requested with GET.
        timeout: Seconds for both; a hung app does not hold a deploy any longer.

    Returns:
        Whether the queue is known to be empty.
    """
    deadline = time.monotonic() + timeout
    for pause in (0.02, 0.0):
        try:
            request(socket, variables(host, "GET", path), timeout=deadline - time.monotonic())
        except (EmptyAnswerError, GarbledAnswerError):
            pass  # a bad answer, but it was accepted
        except NotListeningError:
            return True  # no listener has no queue
        except UwsgiError:
            return False
        time.sleep(pause)
    return True


def variables(host: str, method: str, path: str) -> dict[str, str]:
    """Return the CGI variables of a request as nginx would send it for a visitor over TLS.

    uwsgi makes ``wsgi.url_scheme`` of ``HTTPS``; apps behind a proxy look at the X-Forwarded ones.
    """
    target, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": method,
        "REQUEST_URI": path,
        "PATH_INFO": target,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "",
        "CONTENT_LENGTH": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": host.partition(":")[0],
        "SERVER_PORT": "443",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "0",
        "HTTPS": "on",
        "UWSGI_SCHEME": "https",
        "REQUEST_SCHEME": "https",
        "HTTP_HOST": host,
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "127.0.0.1",
        "HTTP_X_FORWARDED_HOST": host,
        "HTTP_USER_AGENT": "flipside-health",
        "HTTP_ACCEPT": "*/*",
    }


def accepts(wanted: list[int | str], status: int) -> bool:
    """Return whether a status is among numbers and classes such as ``"2xx"``."""
    return any(str(item).lower() in (str(status), f"{status // 100}xx") for item in wanted)


class _Probe:
    def __init__(
        self,
        socket: Path,
        probe: Mapping[str, Any],
        host: str,
        alive: Callable[[], bool],
        tick: float,
    ) -> None:
        self.socket, self.alive, self.tick = socket, alive, tick
        self.path, self.method = str(probe["path"]), str(probe.get("method", "GET"))
        self.wanted = list(probe["status"])
        self.timeout = float(probe["timeout"])
        self.vars = variables(host, self.method, self.path)
        self.start = time.monotonic()
        self.attempts = 0
        self.bad = 0
        self.first_bad = 0.0

    def run(self) -> Health:
        while True:
            answer = self.ask()
            if isinstance(answer, Response) and accepts(self.wanted, answer.status):
                return Health(answer.status, self.elapsed(), self.attempts)
            self.judge(answer)
            time.sleep(self.tick)

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def ask(self) -> Response | UwsgiError:
        self.attempts += 1
        try:
            return request(
                self.socket,
                self.vars,
                timeout=self.timeout - self.elapsed(),
                check=self.check,
            )
        except UwsgiError as error:
            return error

    def check(self) -> None:
        if not self.alive():
            raise self.failed("the app exited while starting")

    def judge(self, answer: Response | UwsgiError) -> None:
        """Raise when the answer is final; return when it is worth another try."""
        self.check()
        late = self.elapsed() + self.tick >= self.timeout
        if isinstance(answer, NoAnswerError):
            raise self.failed(f"{self.ask_line} did not answer within {self.timeout:g} s")
        if isinstance(answer, NotListeningError):
            if late:
                raise self.failed(f"the app did not listen within {self.timeout:g} s")
        elif late or (not _not_yet(answer) and self.enough()):
            raise self.failed(self.describe(answer))

    def enough(self) -> bool:
        self.bad += 1
        now = time.monotonic()
        self.first_bad = self.first_bad or now
        return self.bad >= _TRIES or now - self.first_bad >= _GRACE

    @property
    def ask_line(self) -> str:
        return f"{self.method} {self.path}"

    def describe(self, answer: Response | UwsgiError) -> str:
        if isinstance(answer, UwsgiError):
            return f"{self.ask_line}: {answer.what}"
        wanted = ", ".join(str(item) for item in self.wanted)
        body = answer.body[:_SHOWN].decode("utf-8", "replace").strip()
        line = f"{self.ask_line} answered {answer.status} instead of {wanted}"
        return f"{line}\n{body}" if body else line

    def failed(self, what: str) -> DeployError:
        return DeployError(what, str(self.socket))


def _not_yet(answer: Response | UwsgiError) -> bool:
    return isinstance(answer, Response) and answer.status == 503 and "retry-after" in answer.headers
