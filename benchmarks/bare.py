"""A bare uwsgi, until its health check answers: the least that any switch has to wait for.

As a program, run in a machine by its own Python: prints in JSON the seconds that such starts take.
Its arguments are the folder of a generation of the guestbook, and how many starts.
"""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def serving(venv: Path, cwd: Path, env: dict[str, str]) -> Iterator[None]:
    """Serve the guestbook on a free port of the loopback; it answers when the block begins."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [str(venv / "bin/python"), "-c", "import pyuwsgi; pyuwsgi.run()"]
    argv += ["--http-socket", f"127.0.0.1:{port}", "--module", "guestbook.wsgi:application"]
    argv += ["--master", "--lazy-apps", "--threads", "2", "--die-on-term"]
    argv += ["--binary-path", argv[0], "--virtualenv", str(venv), "--disable-logging"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(argv, cwd=cwd, env=env, stdout=nowhere, stderr=nowhere) as process:
        try:
            while not _answers(port):
                time.sleep(0.005)
            yield
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/up")
        return connection.getresponse().status == 200
    return False


def start(generation: Path) -> float:
    """Seconds that a start takes."""
    release = generation / "release"
    env = json.loads((generation / "env.json").read_text())
    begun = time.monotonic()
    with serving((release / "venv").resolve(), (release / "tree").resolve(), env):
        return time.monotonic() - begun


if __name__ == "__main__":
    print(json.dumps([start(Path(sys.argv[1])) for _ in range(int(sys.argv[2]))]))
