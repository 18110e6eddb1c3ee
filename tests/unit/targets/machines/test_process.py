"""The one place that runs local commands; what leads where is in test_remote.py and its likes."""

from __future__ import annotations

from typing import IO

import pytest

from flipside.errors import MachineError
from flipside.targets.machines.process import communicate

TOKEN = "0123456789abcdef"


def nothing(_: object) -> None:
    """Take it, and do nothing."""


def test_what_is_announced_is_heard() -> None:
    script = f"echo out; echo {TOKEN} group 7 >&2; echo oh >&2; echo {TOKEN} exit 3 >&2"
    lines: list[str] = []
    found = communicate(["sh", "-c", script], TOKEN, nothing, lines.append, nothing)
    assert (found.group, found.status, found.said, lines) == ("7", 3, "oh", ["out"])


def test_what_cannot_be_read_is_raised_when_the_command_has_ended() -> None:
    def feed(pipe: IO[bytes]) -> None:
        pipe.write(b"half")
        raise OSError(5, "no more of it")

    with pytest.raises(OSError, match="no more of it"):
        communicate(["cat"], TOKEN, feed, nothing, nothing)


def test_local_command_that_is_not_there_is_named() -> None:
    with pytest.raises(MachineError, match="cannot run no-such: No such file"):
        communicate(["no-such"], TOKEN, nothing, nothing, nothing)
