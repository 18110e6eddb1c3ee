"""A file of a machine's brought here, over the one way that every machine has: a command's output."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flipside.targets.base import Machine

# Characters of base64 in a line: a multiple of 4, so that each line can be read by itself.
WIDTH = 65536


def fetch(machine: Machine, source: str, target: Path) -> None:
    """Copy a file from a machine; nothing is left here of one that does not arrive whole.

    Args:
        machine: The machine.
        source: The file's path there.
        target: The file here, readable for its user alone; there must be none yet.

    Raises:
        FileExistsError: If there is one.
        MachineError: If it cannot be read there.
    """
    opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            argv = ["base64", f"--wrap={WIDTH}", source]
            machine.run(argv, on_line=lambda line: _write(file, line))
    except BaseException:
        target.unlink()
        raise


def _write(file: object, line: str) -> None:
    file.write(base64.b64decode(line))  # type: ignore[attr-defined]
