"""Pass on what supervisord's programs print, line by line, to rsyslog's socket.

Runs as supervisord's event listener, http://supervisord.org/events.html; each program's lines go
out under its own name, and those of an app's generation (what uwsgi says before it has opened its
own log) under the environment's. What is printed while rsyslog is away is dropped, never waited for.
"""

from __future__ import annotations

import fcntl
import os
import re
import socket
import sys
from pathlib import Path

# Facility daemon, severity info; RFC 3164, section 4.1.1.
PRIORITY = 3 * 8 + 6

_GENERATION = re.compile(r"app\.(?P<unit>.+)\.\d+")


def log_name(program: str) -> str:
    """Return whose log a program's lines belong in: ``app.guestbook.production.7`` is a generation."""
    found = _GENERATION.fullmatch(program)
    return found["unit"] if found else program


class Syslog:
    """The datagram socket of a syslog daemon that may come and go."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._socket: socket.socket | None = None

    def send(self, name: str, line: str) -> bool:
        """Send one line under a program's name; return whether somebody took it."""
        message = f"<{PRIORITY}>{name}: {line}".encode()[:60_000]
        for _ in range(2):
            try:
                self._connected().send(message)
            except OSError:
                self._socket = None
            else:
                return True
        return False

    def _connected(self) -> socket.socket:
        if self._socket is None:
            fresh = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            fresh.setblocking(False)
            fresh.connect(self._path)
            self._socket = fresh
        return self._socket


def main() -> None:
    """Answer supervisord's events until it closes our standard input."""
    from supervisor import childutils

    run = Path(sys.argv[1])
    # A lock on the folder keeps systemd-tmpfiles from ageing out what lies in it.
    fcntl.flock(os.open(run, os.O_RDONLY), fcntl.LOCK_SH)
    syslog = Syslog(run / "log.sock")
    while True:
        _, payload = childutils.listener.wait()
        headers, data = childutils.eventdata(payload)
        for line in data.splitlines():
            if line.strip():
                syslog.send(log_name(headers["processname"]), line)
        childutils.listener.ok()


if __name__ == "__main__":
    main()
