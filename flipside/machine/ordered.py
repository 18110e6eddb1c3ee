"""The first process of a command's unit: `python ordered.py`, run by its path and with nothing imported.

Its order is a line of JSON on its input: ``argv``, ``cwd``, ``env``. When the input is closed, whoever
gave the order has ended or gave it up: so does this process, and systemd ends all others of the unit.
"""

import json
import os
import subprocess
import sys
import threading
from typing import Any

CANNOT_RUN = 127


def main() -> int:
    """Carry out the order; return the command's status as a shell would."""
    order = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_caller, daemon=True).start()
    try:
        status = _run(order)
    except OSError as error:
        sys.stderr.write(f"cannot run `{order['argv'][0]}`: {error}\n")
        return CANNOT_RUN
    return status if status >= 0 else 128 - status


def _run(order: dict[str, Any]) -> int:
    return subprocess.run(
        order["argv"],
        cwd=order["cwd"],
        env=order["env"],
        stdin=subprocess.DEVNULL,
        check=False,
    ).returncode


def _end_with_caller() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
