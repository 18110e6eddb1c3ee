"""Salt's daemons, started without their scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest


@pytest.mark.parametrize("role", ["master", "minion"])
def test_it_becomes_the_daemon_that_is_named(stage: Any, role: str) -> None:
    folder = stage.layout.etc / f"salt/{role}"
    folder.mkdir(parents=True)
    (folder / role).write_text(json.dumps({"log_file": "/dev/null"}))
    argv = [sys.executable, "-m", "flipside.machine.salt_daemon", role, "-c", str(folder)]
    said = subprocess.run([*argv, "--version"], capture_output=True, text=True, check=False)
    assert said.stdout.startswith(f"salt-{role} 3008."), said.stderr
