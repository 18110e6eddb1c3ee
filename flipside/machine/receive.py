"""Write many files in one round trip: `python -m flipside.machine.receive`, with JSON on stdin.

It is ``{"files": {path: {"content", "mode"}}, "quiet": {...}, "news": path}``. Files that differ are
written, and their paths printed. Before the first of ``files`` the mark ``news`` is made, so that
a cut is not forgotten; those of ``quiet`` need none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from flipside.machine.files import write_atomic


def receive(order: dict[str, Any]) -> list[str]:
    """Write what differs; return its paths."""
    noisy = [path for path, file in order["files"].items() if _differs(Path(path), file)]
    quiet = [path for path, file in order["quiet"].items() if _differs(Path(path), file)]
    if noisy:
        Path(order["news"]).touch()
    for path in noisy + quiet:
        file = order["files"].get(path) or order["quiet"][path]
        write_atomic(Path(path), file["content"].encode(), file["mode"])
    return noisy + quiet


def _differs(path: Path, file: dict[str, Any]) -> bool:
    try:
        mode = path.stat().st_mode & 0o7777
        return (path.read_bytes(), mode) != (file["content"].encode(), file["mode"])
    except FileNotFoundError:
        return True


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in receive(json.load(sys.stdin)))
