"""Salt's ``service`` on a machine without an init: supervisord, over its Unix socket.

Registered as the virtual module ``service``, so that ``service.running`` works unmodified.
The socket's path is the grain ``flipside:supervisor``.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from xmlrpc.client import Fault, ServerProxy

if TYPE_CHECKING:
    from collections.abc import Iterator

__virtualname__ = "service"

UP = ("STARTING", "RUNNING")
DOWN = ("STOPPED", "EXITED", "FATAL", "UNKNOWN")
# Seconds that a program may take to be RUNNING after its start, or gone after its stop.
PATIENCE = 90


def __virtual__() -> str | tuple[bool, str]:
    if __grains__.get("flipside", {}).get("kind") == "local":  # type: ignore[name-defined]
        return __virtualname__
    return False, "only machines without an init are run by supervisord"


@contextmanager
def _supervisor() -> Iterator[Any]:
    from supervisor.xmlrpc import SupervisorTransport

    socket = __grains__["flipside"]["supervisor"]  # type: ignore[name-defined]
    transport = SupervisorTransport(None, None, f"unix://{socket}")
    try:
        yield ServerProxy("http://127.0.0.1", transport=transport).supervisor
    finally:
        transport.close()


def _state(rpc: Any, name: str) -> str | None:
    try:
        return str(rpc.getProcessInfo(name)["statename"])
    except Fault:
        return None


def _refresh(rpc: Any) -> None:
    """Take in what changed in supervisord's configuration: its ``update``."""
    added, changed, removed = rpc.reloadConfig()[0]
    for group in changed:
        with suppress(Fault):
            rpc.stopProcessGroup(group)
            rpc.removeProcessGroup(group)
    for group in removed:
        # What still finishes its requests is removed by a later refresh.
        with suppress(Fault):
            rpc.stopProcessGroup(group, False)
        with suppress(Fault):
            rpc.removeProcessGroup(group)
    for group in added + changed:
        with suppress(Fault):
            rpc.addProcessGroup(group)


def _wait(rpc: Any, name: str, wanted: tuple[str, ...], failed: tuple[str, ...]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        state = _state(rpc, name)
        if state in wanted or state in failed or state is None:
            return state in wanted
        time.sleep(0.02)
    return False


def _kill(rpc: Any, name: str) -> None:
    """Kill a program's whole group: supervisord gives each program one of its own."""
    with suppress(Fault, ProcessLookupError):
        if pid := rpc.getProcessInfo(name)["pid"]:
            os.killpg(pid, signal.SIGKILL)


def _settle(rpc: Any, name: str) -> None:
    """Bring a program that is between two states to one that it can be started from."""
    state = _state(rpc, name)
    if state == "BACKOFF":
        # It failed before; what it lacked may be there now, and waiting longer is no use.
        with suppress(Fault):
            rpc.stopProcess(name, True)
    elif state == "STOPPING":
        # It finishes its requests; supervisord ignores a start until it is gone.
        _wait(rpc, name, DOWN, ())


def refresh() -> bool:
    """Make supervisord add, change and remove programs as its configuration now says."""
    with _supervisor() as rpc:
        _refresh(rpc)
    return True


def start(name: str, wait: bool = True) -> bool:
    """Start the program ``name``; return whether it runs.

    Args:
        name: The program.
        wait: Wait for RUNNING; otherwise STARTING is enough.
    """
    with _supervisor() as rpc:
        _refresh(rpc)
        _settle(rpc, name)
        with suppress(Fault):
            rpc.startProcess(name, False)
        wanted = ("RUNNING",) if wait else UP
        return _wait(rpc, name, wanted, ("FATAL", "EXITED", "STOPPED"))


def stop(name: str, wait: bool = True, mercy: bool = True) -> bool:
    """Stop the program ``name``; return whether it is gone, or going if not to ``wait``.

    Args:
        name: The program.
        wait: Wait until it is gone.
        mercy: Let it finish what it has in hand; otherwise it is killed with all its children.
    """
    with _supervisor() as rpc:
        with suppress(Fault):
            rpc.stopProcess(name, False)
        if not mercy:
            _kill(rpc, name)
        if not wait:
            return True
        return _state(rpc, name) is None or _wait(rpc, name, DOWN, ())


def restart(name: str) -> bool:
    """Stop, take in a changed configuration, and start."""
    return stop(name) and start(name)


def reload_(name: str) -> bool:
    """Send SIGHUP, upon which nginx, rsyslog and their like read their configuration again."""
    with _supervisor() as rpc:
        _refresh(rpc)
        try:
            return bool(rpc.signalProcess(name, "HUP"))
        except Fault:
            return False


def status(name: str, sig: str | None = None) -> bool:
    """Return whether the program is up, or being brought up; ``sig`` is not needed to find it."""
    with _supervisor() as rpc:
        return _state(rpc, name) in UP


def available(name: str) -> bool:
    """Return whether supervisord has a program of that name, or would have after a refresh.

    Asking changes nothing: Salt asks in test mode, too.
    """
    with _supervisor() as rpc:
        return _state(rpc, name) is not None or name in rpc.reloadConfig()[0][0]


def missing(name: str) -> bool:
    """Return whether supervisord has no program of that name."""
    return not available(name)


def enabled(name: str, **kwargs: Any) -> bool:
    """Return whether the program starts with supervisord: every program here does."""
    return available(name)


def disabled(name: str, **kwargs: Any) -> bool:
    """Return whether the program does not start with supervisord."""
    return not enabled(name)


def enable(name: str, **kwargs: Any) -> bool:
    """Return whether the program starts with supervisord: what is there always does."""
    return enabled(name)


def disable(name: str, **kwargs: Any) -> bool:
    """Return whether the program does not start with supervisord: only removal does that."""
    return disabled(name)


def offline() -> bool:
    """Return False: supervisord is up, and states must not content themselves with files."""
    return False


def get_all() -> list[str]:
    """Return the names of all programs, sorted."""
    with _supervisor() as rpc:
        return sorted({info["name"] for info in rpc.getAllProcessInfo()})


__func_alias__ = {"reload_": "reload"}
