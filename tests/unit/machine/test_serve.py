"""Becoming a generation's uwsgi."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flipside.machine import generation as generations
from flipside.machine import serve

PYTHON = """#!{python} -SE
import json, os, sys
json.dump([sys.argv, os.getcwd(), dict(os.environ)], open("{out}", "w"))
"""


def test_process_has_the_generations_environment_and_nothing_else(stage: Any) -> None:
    """The release's own Python, by its real path, in the app's folder."""
    want = stage.want("1", env={"GREETING": "hi"})
    made, out = generations.make(want), stage.layout.root / "out.json"
    python = want.release_dir / "venv/bin/python"
    python.write_text(PYTHON.format(python=sys.executable, out=out))
    python.chmod(0o755)
    argv = [sys.executable, "-ISE", str(Path(serve.__file__)), str(made.path)]
    subprocess.run(argv, check=True, env={"LEAKED": "x", "PATH": "/usr/bin"})
    run, cwd, environ = json.loads(out.read_text())
    assert run == [os.path.realpath(python), "-c", "import pyuwsgi; pyuwsgi.run()", *run[3:]]
    assert run[3:] == ["--ini", f"{made.path}/uwsgi.ini"]
    assert cwd == os.path.realpath(want.cwd)
    assert {name: value for name, value in environ.items() if name != "LC_CTYPE"} == made.variables


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[float]]:
    """Return what tells the pauses before starts that are so many seconds apart."""

    def of(count: int, apart: float, idle: float) -> list[float]:
        now, slept = [1000.0], []
        monkeypatch.setattr(serve.time, "time", lambda: now[0])
        monkeypatch.setattr(serve.time, "sleep", slept.append)
        for _ in range(count):
            serve.back_off(str(tmp_path / "starts"), "1", idle)
            now[0] += apart
        return slept

    return of


def test_app_that_crashes_is_started_after_longer_and_longer_pauses(pauses: Any) -> None:
    assert pauses(10, 2, 1800) == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert pauses(3, 2, 0)[-1] > 0


def test_app_that_went_to_sleep_wakes_without_a_pause(pauses: Any) -> None:
    assert pauses(10, 70, 60) == [0] * 10
