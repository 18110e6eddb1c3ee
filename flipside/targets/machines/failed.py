"""What a command that failed on a machine means to a person."""

from __future__ import annotations

from collections.abc import Sequence

from flipside.errors import MachineError


def failed(argv: Sequence[str], status: int, said: str) -> MachineError:
    """Return the error of a command.

    Args:
        argv: The command.
        status: Its exit status.
        said: What it said on standard error; the last line counts.
    """
    lines = said.strip().splitlines() or [f"exit status {status}"]
    return MachineError(lines[-1], " ".join(argv), "flipside platform.bootstrap")
