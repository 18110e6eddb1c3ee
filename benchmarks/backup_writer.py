"""An app that writes at a steady pace: `backup_writer.py DB PER_SECOND SECONDS` prints its latencies in JSON.

All are milliseconds: of a transaction from its begin until it is committed, and from when it was due, so that
one which waits for another is late, too.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from backup_app import App


def latencies(app: App, pace: float, duration: float) -> tuple[list[float], list[float]]:
    """How long each transaction took, and how long after it was due it was committed."""
    took, late, start = [], [], time.monotonic()
    for number in range(round(pace * duration)):
        due = start + number / pace
        time.sleep(max(0.0, due - time.monotonic()))
        begun = time.monotonic()
        app.work(1)
        done = time.monotonic()
        took.append(1000 * (done - begun))
        late.append(1000 * (done - due))
    return took, late


def p99(values: list[float]) -> float:
    """The value that 99 in 100 do not exceed."""
    return sorted(values)[int(len(values) * 0.99)]


def main(path: str, pace: str, duration: str) -> None:
    """Write, and say how it went."""
    app = App(Path(path))
    took, late = latencies(app, float(pace), float(duration))
    app.close()
    said = {"count": len(took), "p99": p99(took), "longest": max(took), "late": p99(late)}
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
