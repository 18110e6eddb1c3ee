"""Start nginx: `python -m flipside.machine.nginx_daemon RECORD NGINX ARGUMENT...`."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from flipside.machine import orphans


def main(argv: list[str]) -> None:
    """Let the workers of a dead master finish their requests, and become nginx."""
    record, *command = argv
    orphans.succeed(Path(record), "nginx: worker process", signal.SIGQUIT)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
