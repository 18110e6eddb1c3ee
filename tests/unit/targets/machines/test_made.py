"""What is asked of a machine about its platform; real answers are in tests/functional/test_host.py."""

from __future__ import annotations

import subprocess
from pathlib import Path

from flipside.targets.machines import made
from flipside.targets.machines.made import State


def test_machine_without_a_platform_says_nothing(tmp_path: Path) -> None:
    done = subprocess.run(made.command(str(tmp_path)), capture_output=True, check=True)
    assert done.stdout == b""


def test_units_that_do_not_run_are_down() -> None:
    units = {"a": "active", "b": "failed", "c": "activating"}
    assert State(made=True, units=units).down == ["b", "c"]
