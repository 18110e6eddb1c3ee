"""The hot restart: uwsgi's chain reload, worker by worker, without dropping a request.

https://uwsgi-docs.readthedocs.io/en/latest/articles/TheArtOfGracefulReloading.html
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

from flipside.errors import MachineError
from flipside.machine import generation as generations
from flipside.machine.layout import Layout


def chain(layout: Layout, app: str, env: str, timeout: float = 120.0) -> None:
    """Replace an app's workers, and wait until each is new.

    Args:
        layout: Where everything lies.
        app: The app's name.
        env: Its environment.
        timeout: Seconds that it may take.

    Raises:
        MachineError: If the app does not run, or its new workers do not come up in time.
    """
    now = generations.current(layout, app, env)
    if now is None:
        raise MachineError(f"{app} is not live in {env}", next=f"flipside app.deploy {app}")
    stats = now.socket.with_suffix(".stats")
    deadline = time.monotonic() + timeout
    try:
        # A reload that is asked for while workers still start is forgotten.
        before = _settled(stats, set(), deadline)
        with now.socket.with_suffix(".fifo").open("w") as fifo:
            fifo.write("c")
        after = _settled(stats, before, deadline)
    except OSError as error:
        what = f"{app} does not run in {env}: {error}"
        raise MachineError(what, next=f"flipside app.start {app}") from None
    if not after:
        raise MachineError("the workers were not replaced in time", next=f"flipside app.logs {app}")


def _settled(stats: Path, old: set[int], deadline: float) -> set[int]:
    """Return the workers' process ids once all accept requests and none is ``old``; none if late."""
    while time.monotonic() < deadline:
        found = workers(stats)
        pids = {worker["pid"] for worker in found}
        if found and all(worker["accepting"] for worker in found) and not pids & old:
            return pids
        time.sleep(0.05)
    return set()


def workers(stats: Path, timeout: float = 2.0) -> list[dict[str, Any]]:
    """Return the workers that live, as uwsgi's stats server says.

    https://uwsgi-docs.readthedocs.io/en/latest/StatsServer.html

    Args:
        stats: The socket of the stats server.
        timeout: Seconds to wait for it.

    Raises:
        OSError: If nobody answers there.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        client.connect(str(stats))
        text = b"".join(iter(lambda: client.recv(65536), b""))
    found: list[dict[str, Any]] = json.loads(text)["workers"]
    return [worker for worker in found if worker["pid"]]
