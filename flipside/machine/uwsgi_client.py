"""Speak the uwsgi protocol over a unix socket, as nginx does.

A request is a 4-byte header (modifier1, 16-bit little-endian size, modifier2; both modifiers are 0
for WSGI), then the variables as keys and values, each with a 16-bit length, then the body. The
answer is plain HTTP/1.x that ends when the server closes the connection.

Source: <https://uwsgi-docs.readthedocs.io/en/latest/Protocol.html>
"""

from __future__ import annotations

import select
import socket as sockets
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flipside.errors import MachineError

_TICK = 0.05
_MAX_VARS = 0xFFFF
_MAX_ANSWER = 1 << 20


class UwsgiError(MachineError):
    """A request over a unix socket that brought no usable answer."""


class NotListeningError(UwsgiError):
    """No such socket, or nobody listens behind it."""


class NoAnswerError(UwsgiError):
    """The deadline passed before the answer was complete."""


class EmptyAnswerError(UwsgiError):
    """The connection was closed without a single byte: uwsgi's answer to an exception in the app."""


class GarbledAnswerError(UwsgiError):
    """Bytes came, but no HTTP answer."""


@dataclass(frozen=True)
class Response:
    """An HTTP answer.

    Attributes:
        status: HTTP status, 100 to 599.
        headers: Names in lower case; of a repeated header the last value.
        body: At most the first megabyte.
        seconds: From before connecting until the answer was complete.
    """

    status: int
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    seconds: float


def request(
    socket: Path,
    vars: Mapping[str, str],  # noqa: A002 - the protocol's own word
    body: bytes = b"",
    timeout: float = 10.0,
    check: Callable[[], None] | None = None,
) -> Response:
    """Send one request and read its whole answer.

    Args:
        socket: The listening unix socket.
        vars: CGI variables, ``REQUEST_METHOD``, ``PATH_INFO``...; at most 65,535 bytes packed.
        body: The request's body; ``CONTENT_LENGTH`` is the caller's to set.
        timeout: Seconds for everything: connect, send and receive together.
        check: Called every 50 ms while waiting; what it raises ends the request.

    Raises:
        NotListeningError, NoAnswerError, EmptyAnswerError, GarbledAnswerError
    """
    packet = pack(vars) + body
    start = time.monotonic()
    wait = _Wait(socket, start + timeout, timeout, check)
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as sock:
        sock.setblocking(False)
        _connect(sock, socket, wait)
        _send(sock, packet, wait)
        raw = _receive(sock, wait)
    return _parse(raw, socket, time.monotonic() - start)


def pack(vars: Mapping[str, str]) -> bytes:  # noqa: A002 - the protocol's own word
    """Return a uwsgi packet of CGI variables.

    Raises:
        GarbledAnswerError: More than 65,535 bytes of variables.
    """
    parts = [part.encode("utf-8", "surrogateescape") for pair in vars.items() for part in pair]
    size = sum(2 + len(part) for part in parts)
    if size > _MAX_VARS:
        raise GarbledAnswerError(f"{size} bytes of variables; the protocol ends at {_MAX_VARS}")
    block = b"".join(struct.pack("<H", len(part)) + part for part in parts)
    return struct.pack("<BHB", 0, len(block), 0) + block


@dataclass
class _Wait:
    """Waits for a socket in ticks, up to one deadline for the whole request."""

    path: Path
    deadline: float
    timeout: float
    check: Callable[[], None] | None

    def pause(self, sock: sockets.socket | None = None, *, write: bool = False) -> None:
        """Return when `sock` may be ready, or a tick has passed."""
        if self.check:
            self.check()
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise NoAnswerError(f"no answer within {self.timeout:g} s", str(self.path))
        socks = [sock] if sock else []
        span = min(_TICK, left)
        select.select([] if write else socks, socks if write else [], [], span)


def _connect(sock: sockets.socket, path: Path, wait: _Wait) -> None:
    while True:
        try:
            return sock.connect(str(path))
        except BlockingIOError:  # the accept queue is full; unlike TCP nothing is under way
            wait.pause()
        except OSError as error:
            reason = error.strerror or str(error)
            raise NotListeningError(f"nobody listens: {reason}", str(path)) from error


def _send(sock: sockets.socket, data: bytes, wait: _Wait) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[sock.send(view) :]
        except BlockingIOError:
            wait.pause(sock, write=True)
        except (BrokenPipeError, ConnectionResetError):
            return  # an app may answer without reading the body: its answer is still to be read


def _receive(sock: sockets.socket, wait: _Wait) -> bytes:
    raw = bytearray()
    while len(raw) < _MAX_ANSWER:
        try:
            part = sock.recv(65536)
        except BlockingIOError:
            wait.pause(sock)
            continue
        except ConnectionResetError:  # closed with our body unread: what came before counts
            break
        if not part:
            break
        raw += part
    if not raw:
        raise EmptyAnswerError("closed without an answer (0 bytes)", str(wait.path))
    return bytes(raw)


def _parse(raw: bytes, path: Path, seconds: float) -> Response:
    head, end, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ", 2)
    valid = end and len(words) > 1 and words[0].startswith("HTTP/1.") and words[1].isdigit()
    if not valid or not 100 <= int(words[1]) <= 599:
        raise GarbledAnswerError(f"no HTTP answer: {raw[:80]!r}", str(path))
    pairs = (line.partition(":") for line in lines[1:])
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Response(int(words[1]), headers, body, seconds)
