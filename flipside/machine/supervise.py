"""supervisord's own interface, for what cannot go through a minion: the minion itself."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from xmlrpc.client import Fault, ServerProxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@contextmanager
def connected(run: Path) -> Iterator[Any]:
    """Yield supervisord's RPC interface, http://supervisord.org/api.html."""
    from supervisor.xmlrpc import SupervisorTransport

    transport = SupervisorTransport(None, None, f"unix://{run}/supervisor.sock")
    try:
        yield ServerProxy("http://127.0.0.1", transport=transport).supervisor
    finally:
        transport.close()


def restart(run: Path, names: Sequence[str]) -> None:
    """Stop and start programs, the last one first: a minion ends at once while its master is up."""
    with connected(run) as rpc:
        for name in reversed(names):
            with suppress(Fault):
                rpc.stopProcess(name, True)
        for name in names:
            rpc.startProcess(name, False)


def start(run: Path, names: Sequence[str]) -> None:
    """Start programs that do not run."""
    with connected(run) as rpc:
        for name in names:
            with suppress(Fault):
                rpc.startProcess(name, False)


def states(run: Path) -> dict[str, dict[str, Any]]:
    """Return supervisord's view of its programs: name to process info."""
    with connected(run) as rpc:
        return {info["name"]: info for info in rpc.getAllProcessInfo()}
