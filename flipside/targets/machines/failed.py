"""What a command that failed on a machine means to a person."""

from __future__ import annotations

from collections.abc import Sequence

from flipside.errors import MachineError

# What tar says after it has said why.
_TAR_ENDS = "tar: Exiting with failure status due to previous errors"


def failed(argv: Sequence[str], status: int, said: str) -> MachineError:
    """Return the error of a command.

    Args:
        argv: The command.
        status: Its exit status.
        said: What it said on standard error; the last line counts.
    """
    lines = [line for line in said.strip().splitlines() if line != _TAR_ENDS]
    lines = lines or [f"exit status {status}"]
    return MachineError(lines[-1], " ".join(argv), "flipside platform.bootstrap")
