"""Whose Ctrl-C is whose while a command has the terminal."""

from __future__ import annotations

import os
import signal
import subprocess

from flipside.tasks.terminal import attached, followed


class Machine:
    """Runs a shell's text, and has Ctrl-C pressed meanwhile if asked."""

    def __init__(self, *, ctrl_c: bool = False) -> None:
        self._ctrl_c = ctrl_c

    def interactive(self, argv) -> int:
        with subprocess.Popen(argv) as child:
            if self._ctrl_c:
                os.kill(os.getpid(), signal.SIGINT)
                child.send_signal(signal.SIGINT)
            return child.wait()


def test_the_status_is_the_commands() -> None:
    assert attached(Machine(), ["sh", "-c", "exit 3"]) == 3


def test_ctrl_c_ends_the_command_and_not_us() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert attached(Machine(ctrl_c=True), ["sleep", "30"]) == 130
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_is_the_way_to_end_what_follows_a_log() -> None:
    assert followed(Machine(ctrl_c=True), ["sleep", "30"]) == 0
    assert followed(Machine(), ["sh", "-c", "exit 1"]) == 1
