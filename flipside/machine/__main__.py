"""`python -m flipside.machine ROOT VERB`: JSON keyword arguments in, JSON lines out.

Each line is ``{"event": ...}`` while the verb runs, then one ``{"result": ...}`` or
``{"error": {"class", "what", "where", "next"}}``.
"""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path
from typing import Any

from flipside.errors import FlipsideError, MachineError
from flipside.machine.layout import Layout
from flipside.machine.verbs import VERBS
from flipside.machine.verbs.context import Context


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(message)}\n")
    sys.stdout.flush()


def main(argv: list[str]) -> int:
    """Run one verb; the exit status is 0 whenever an answer was printed."""
    root, verb = argv
    arguments = json.loads(sys.stdin.buffer.read() or b"{}")
    try:
        context = Context(Layout.from_root(Path(root)), lambda event: _say({"event": event}))
        result = VERBS[verb](context, **arguments)
    except FlipsideError as error:
        _say({"error": {"class": type(error).__name__, **error.as_dict()}})
    except OSError as error:
        # A full disk shows anywhere.
        full = error.errno == errno.ENOSPC
        advice = (
            "make room on the machine, then do it again" if full else "flipside platform.doctor"
        )
        found = MachineError(error.strerror or str(error), error.filename, advice)
        _say({"error": {"class": "MachineError", **found.as_dict()}})
    else:
        _say({"result": result})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
