"""TCP ports of the loopback: chosen free, reserved while a platform is made, and remembered."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TYPE_CHECKING

import psutil

from flipside.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the range that the kernel gives to outgoing connections (32768 and up, ip(7)).
RANGES = {
    "http": range(8080, 9000),
    "publish": range(24505, 28000),
    "ret": range(28505, 32000),
}


def is_free(port: int) -> bool:
    """Return whether nobody listens on, or has reserved, ``port`` of the loopback."""
    if _can_bind(port, reuse=False):
        return True
    # Connections that ended in the last minute keep nobody but a cautious bind away.
    return _can_bind(port, reuse=True) and _lingers(port)


def _can_bind(port: int, *, reuse: bool) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _lingers(port: int) -> bool:
    """Return whether an ended connection is what holds a port; one that is reserved shows nowhere."""
    return any(
        connection.status == psutil.CONN_TIME_WAIT and connection.laddr.port == port
        for connection in psutil.net_connections("tcp4")
        if connection.laddr
    )


def load(path: Path) -> dict[str, int]:
    """Return the remembered ports by name; none if nothing is remembered."""
    try:
        return {name: int(port) for name, port in json.loads(path.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


@contextmanager
def reserved(path: Path, fixed_http: int | None, *, in_use: bool) -> Iterator[dict[str, int]]:
    """Choose the platform's ports, remember them in ``path``, and hold them meanwhile.

    A bound socket that does not listen keeps other platforms away, while nginx and Salt,
    which set SO_REUSEADDR, can still listen on the port.

    Args:
        path: Where the ports are remembered.
        fixed_http: The port of the web server if a person chose it.
        in_use: Whether this platform is running, so that its ports are rightly taken.

    Raises:
        MachineError: If the port of the web server is taken, or no port is free.
    """
    ports = load(path)
    if fixed_http is not None and ports.get("http") != fixed_http:
        ports["http"] = fixed_http
        _refuse_taken(fixed_http)
    if in_use and ports.keys() >= RANGES.keys():
        path.write_text(json.dumps(ports))
        yield ports
        return
    if "http" in ports:
        _refuse_taken(ports["http"])
    with ExitStack() as held:
        for name, candidates in RANGES.items():
            # Its own port of before may linger; what is chosen anew has to be free beyond doubt.
            own = [ports[name]] if name in ports and is_free(ports[name]) else []
            anew = (port for port in candidates if _can_bind(port, reuse=False))
            ports[name] = _hold(held, chain(own, anew))
        path.write_text(json.dumps(ports))
        yield ports


@contextmanager
def reserved_http(fixed: int | None) -> Iterator[int]:
    """Choose a port of the web server alone, and hold it meanwhile; whoever needs it remembers it.

    Args:
        fixed: The port if a person chose it.

    Raises:
        MachineError: If that port is taken, or none is free.
    """
    if fixed is not None:
        _refuse_taken(fixed)
    anew = (port for port in RANGES["http"] if _can_bind(port, reuse=False))
    with ExitStack() as held:
        yield _hold(held, anew if fixed is None else [fixed])


def _refuse_taken(port: int) -> None:
    if not is_free(port):
        raise MachineError(
            f"port {port} of {LOOPBACK} is taken by another program",
            where="http_port",
            next="free it, or set another `http_port:` in .flipside-platform",
        )


def _hold(held: ExitStack, candidates: Iterable[int]) -> int:
    for port in candidates:
        reservation = held.enter_context(socket.socket())
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            reservation.bind((LOOPBACK, port))
        except OSError:
            continue
        return port
    raise MachineError("no TCP port of the loopback is free", next="flipside platform.doctor")
