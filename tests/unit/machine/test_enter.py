"""Commands that run as the app that is live."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from flipside.machine import generation as generations
from flipside.machine.enter import command, main

NAMES = ("blog", "production")


def live(stage: Any, **config: Any) -> generations.Generation:
    made = generations.make(stage.want("1", env={"GREETING": "hi"}, **config))
    generations.point(stage.layout.current(*NAMES), f"generations/{made.number}")
    return made


@pytest.mark.parametrize(
    ("commands", "words", "run"),
    [
        ({}, [], ["python"]),
        ({"shell": "django-admin shell -i 'a b'"}, [], ["django-admin", "shell", "-i", "a b"]),
        ({"shell": "x"}, ["ls", "-l"], ["ls", "-l"]),
    ],
)
def test_what_runs(stage: Any, commands: dict[str, str], words: list[str], run: list[str]) -> None:
    assert command(live(stage, commands=commands), words) == run


def enter(stage: Any, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "flipside.machine.enter", str(stage.layout.root), *NAMES, *words]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_it_has_the_apps_tree_and_environment(stage: Any) -> None:
    made = live(stage)
    said = enter(
        stage,
        sys.executable,
        "-c",
        "import os, json; print(json.dumps([os.getcwd(), dict(os.environ)]))",
    )
    cwd, environ = json.loads(said.stdout)
    assert cwd == os.path.realpath(made.spec["cwd"])
    assert environ["GREETING"] == "hi"
    assert {name for name in environ if name not in made.variables} <= {"TERM", "LC_CTYPE"}


def test_exit_status_is_the_commands(stage: Any) -> None:
    live(stage)
    assert enter(stage, "sh", "-c", "exit 7").returncode == 7
    missing = enter(stage, "no-such-command")
    assert (missing.returncode, missing.stderr) == (
        127,
        "error: cannot run no-such-command: No such file or directory\n",
    )


def test_nothing_live_says_what_to_type(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(stage.layout.root), *NAMES]) == 1
    assert "flipside app.deploy blog" in capsys.readouterr().err
