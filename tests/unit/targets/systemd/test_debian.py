"""Debian packages of a platform with systemd: told, and what apt says when it cannot."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import pytest

from flipside.errors import MachineError
from flipside.targets.systemd import debian


class Machine:
    """A machine whose apt says this."""

    root = PurePosixPath("/srv/flipside")

    def __init__(self, lines: list[str], error: str = "") -> None:
        self.lines, self.error = lines, error

    def run(self, argv: list[str], *, stdin: bytes, on_line: Any) -> str:
        for line in self.lines:
            on_line(line)
        if self.error:
            raise MachineError(self.error, " ".join(argv))
        return ""


def test_command_notes_what_comes() -> None:
    assert debian.command(PurePosixPath("/srv/flipside"), ["nginx", "rsyslog"]) == [
        "env",
        "FLIPSIDE_PACKAGES=/srv/flipside/var/packages",
        "sh",
        "-s",
        "nginx",
        "rsyslog",
    ]


def test_only_what_was_asked_for_is_told() -> None:
    said: list[str] = []
    lines = ["Get:1 nginx", "Setting up libmnl0:amd64 (1.0) ...", "Setting up nginx (1.22) ..."]
    debian.install(Machine(lines), ["nginx"], said.append)
    assert said == ["Setting up nginx (1.22)"]


def test_failure_shows_the_last_lines_of_apt() -> None:
    machine = Machine(["Reading package lists..."], "E: no space left")
    with pytest.raises(MachineError) as caught:
        debian.install(machine, ["nginx"], print)
    assert caught.value.what == (
        "apt did not install nginx\n    Reading package lists...\n    E: no space left"
    )
    assert caught.value.next == "apt-get install nginx"
