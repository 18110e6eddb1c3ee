"""Becoming a command with a generation's environment, where nothing of ours can be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flipside.machine import become


@pytest.fixture
def generation(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "env.json").write_text(json.dumps({"PATH": "/usr/bin:/bin", "A": "1 2"}))
    (tmp_path / "spec.json").write_text(json.dumps({"cwd": str(tmp_path / "tree")}))
    return tmp_path


def run(generation: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-ISE", become.__file__, str(generation), *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False, env={"TERM": "vt100"})


def test_it_is_in_the_tree_with_the_environment_and_the_terminals_kind(generation: Path) -> None:
    said = run(generation, "sh", "-c", "pwd; env | sort | grep -v ^PWD")
    lines = ["A=1 2", "PATH=/usr/bin:/bin", "TERM=vt100"]
    assert said.stdout.splitlines() == [str(generation / "tree"), *lines]


def test_status_is_the_commands(generation: Path) -> None:
    assert run(generation, "sh", "-c", "exit 7").returncode == 7
    missing = run(generation, "no-such")
    assert missing.returncode == become.CANNOT_RUN
    assert missing.stderr == "error: cannot run no-such: No such file or directory\n"
