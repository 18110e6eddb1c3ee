"""What git would commit of a folder where that is not what lies there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path


def staged(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield path and staged content of each file that was changed, or deleted, since it was staged.

    Args:
        folder: Any folder; one that git does not know has none.
    """
    names = _git(folder, "diff", "--name-only", "--relative", "-z")
    for name in names.decode("utf-8", "surrogateescape").split("\0"):
        if name:
            yield folder / name, _git(folder, "show", f":./{name}")


def _git(folder: Path, *words: str) -> bytes:
    try:
        argv = ["git", "-C", str(folder), *words]
        return subprocess.run(argv, capture_output=True, check=False).stdout
    except OSError:  # no git: nothing is staged
        return b""
