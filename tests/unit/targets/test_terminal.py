"""Whether somebody can type a password."""

from __future__ import annotations

import os
import subprocess
import sys

ASK = "from flipside.targets.terminal import has_terminal; print(has_terminal())"


def test_session_without_a_terminal_has_nobody() -> None:
    argv = [sys.executable, "-c", ASK]
    done = subprocess.run(argv, start_new_session=True, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_terminal_counts_whatever_standard_input_is() -> None:
    pid, terminal = os.forkpty()
    if pid == 0:
        os.execv("/bin/sh", ["sh", "-c", '"$0" -c "$1" </dev/null', sys.executable, ASK])
    assert os.read(terminal, 100).startswith(b"True")
    os.waitpid(pid, 0)
    os.close(terminal)
