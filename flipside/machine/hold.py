"""Hold requests while nothing serves, then hand every one of them to the app.

A listening socket that nobody accepts from holds its callers: nginx has connected and written, and
waits up to ``uwsgi_read_timeout``. The queue's length is capped by ``net.core.somaxconn`` (4096 on
Linux >= 5.4; see listen(2)), and whoever finds it full gets EAGAIN, which nginx answers with 502.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket as sockets
import time
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from flipside.errors import MachineError

_MODE = 0o660
_CHUNK = 65536
# Callers relayed at once. The rest wait where they are: the target's own queue (uwsgi: 100 unless
# told otherwise) must keep room for the requests that nginx already sends there directly.
_AT_ONCE = 64
_UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\nStatus: 503 Service Unavailable\r\nRetry-After: 5\r\n"
    b"Content-Type: text/plain\r\nConnection: close\r\n\r\nThe app is not running. Try again.\n"
)


class Released(NamedTuple):
    """What became of the held requests: `relayed` got the app's answer, `failed` a 503 or nothing."""

    relayed: int
    failed: int


class Hold:
    """A queue at `path` in which requests wait.

    Args:
        path: The socket's path, made anew (mode 0660, as uwsgi's); at most 107 bytes.
        backlog: How many requests may wait.

    Raises:
        MachineError: The socket cannot be made.
    """

    def __init__(self, path: Path, backlog: int = 4096) -> None:
        self.path = path
        self._sock = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            self._sock.bind(str(path))
            path.chmod(_MODE)  # before listen: until then nobody can connect
            self._sock.listen(backlog)
        except OSError as error:
            self._sock.close()
            raise MachineError(f"cannot hold requests: {error}", str(path)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and remove the socket; whoever still waits is cut off. Safe to repeat."""
        if self._sock.fileno() >= 0:
            self.path.unlink(missing_ok=True)
            self._sock.close()

    def release_to(self, target: Path, grace: float, limit: float = 120.0) -> Released:
        """Relay everybody who waits, and who still arrives, to another unix socket.

        `current.sock` must point elsewhere already. Bytes pass untouched in both directions.

        Args:
            target: The app's socket. While nobody listens there, callers get a plain 503.
            grace: Seconds that the queue must stay empty before it counts as empty.
            limit: Seconds after which what is still under way (an endless stream) is cut off.

        Returns:
            How many requests were relayed and how many failed.
        """
        return asyncio.run(_release(self._sock, target, grace, limit))


async def _release(listener: sockets.socket, target: Path, grace: float, limit: float) -> Released:
    listener.setblocking(False)
    relays: set[asyncio.Task[bool]] = set()
    deadline = time.monotonic() + limit
    quiet = time.monotonic() + grace
    done: list[bool] = []
    while (now := time.monotonic()) < deadline and (now < quiet or relays):
        room = len(relays) < _AT_ONCE
        caller = _accept(listener) if room else None
        if caller:
            relays.add(asyncio.create_task(_relay(caller, target)))
            quiet = now + grace
            continue
        await _settle(relays, done)
    await _cut(relays, done)
    return _count(listener, done)


def _accept(listener: sockets.socket) -> sockets.socket | None:
    try:
        caller, _ = listener.accept()
    except BlockingIOError:
        return None
    caller.setblocking(False)
    return caller


async def _settle(relays: set[asyncio.Task[bool]], done: list[bool]) -> None:
    """Wait a moment for a relay to end, and note how those that did ended."""
    if not relays:
        await asyncio.sleep(0.01)
        return
    ended, _ = await asyncio.wait(relays, timeout=0.01, return_when=asyncio.FIRST_COMPLETED)
    relays -= ended
    done.extend(task.result() for task in ended)


async def _cut(relays: set[asyncio.Task[bool]], done: list[bool]) -> None:
    for task in relays:
        task.cancel()
    ended = await asyncio.gather(*relays, return_exceptions=True)
    done.extend(result is True for result in ended)


def _count(listener: sockets.socket, done: list[bool]) -> Released:
    """Refuse whoever is left after the limit, and count."""
    failed = done.count(False)
    while caller := _accept(listener):
        _refuse(caller)
        failed += 1
    return Released(done.count(True), failed)


async def _relay(caller: sockets.socket, target: Path) -> bool:
    """Pass one request on; return whether the app answered anything."""
    app = None
    try:
        app = await _connect(target)
    except OSError:
        return False
    finally:
        if app is None:  # nobody there, or the limit passed while its queue was full
            _refuse(caller)
    with caller, app:
        upload = asyncio.create_task(_pump(caller, app))
        try:
            return await _pump(app, caller) > 0
        finally:
            upload.cancel()
            await asyncio.gather(upload, return_exceptions=True)


async def _connect(target: Path) -> sockets.socket:
    """Connect, waiting for room in the target's queue.

    Not `loop.sock_connect`: to a unix socket with a full queue it reports success, because it takes
    EAGAIN for EINPROGRESS.
    """
    sock = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
    sock.setblocking(False)
    while True:
        try:
            sock.connect(os.fspath(target))
        except BlockingIOError:
            await _moment(sock)
        except OSError:
            sock.close()
            raise
        else:
            return sock


async def _moment(sock: sockets.socket) -> None:
    try:
        await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        sock.close()
        raise


async def _pump(source: sockets.socket, sink: sockets.socket) -> int:
    """Copy until the end, then pass the half-close on; return the number of bytes read.

    When the sink stops listening the rest is still read, and dropped: closing a unix socket with
    unread bytes would reset the connection under the answer. Not asyncio's streams: they stop
    reading when a write fails, and an answer given before the whole body was read is lost.
    """
    loop = asyncio.get_running_loop()
    size, listening = 0, True
    with contextlib.suppress(ConnectionError):
        while data := await loop.sock_recv(source, _CHUNK):
            size += len(data)
            listening = listening and await _send(sink, data)
    with contextlib.suppress(OSError):
        sink.shutdown(sockets.SHUT_WR)
    return size


async def _send(sink: sockets.socket, data: bytes) -> bool:
    try:
        await asyncio.get_running_loop().sock_sendall(sink, data)
    except ConnectionError:
        return False
    return True


def _refuse(caller: sockets.socket) -> None:
    """Answer 503, after reading what the caller has written so far (see `_pump`)."""
    with caller, contextlib.suppress(OSError):
        with contextlib.suppress(BlockingIOError):
            while caller.recv(_CHUNK):
                pass
        caller.send(_UNAVAILABLE)
