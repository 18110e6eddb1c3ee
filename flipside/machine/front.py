"""Whether an app answers where its visitors come in: through nginx."""

from __future__ import annotations

import http.client
import time
from typing import Any

from flipside.errors import DeployError
from flipside.machine.traffic import OWN_AGENT

PATIENCE = 10.0


def wait(host: str, port: int, health: dict[str, Any]) -> None:
    """Wait until nginx hands requests for ``host`` to the app.

    Args:
        host: The app's domain.
        port: nginx's port on the loopback.
        health: The app's health check; only its path is used.

    Raises:
        DeployError: If nginx does not within 10 seconds.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = _ask(host, port, health["path"])
        if answer:
            return
        if time.monotonic() > deadline:
            what = f"the app is up, but nginx does not pass requests for {host} to it"
            raise DeployError(what, f"port {port}", "flipside platform.logs nginx")
        time.sleep(0.03)


def _ask(host: str, port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": host, "User-Agent": OWN_AGENT})
        response = connection.getresponse()
        body = response.read(200)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return response.status not in (502, 504) and b"No app goes by this name" not in body
