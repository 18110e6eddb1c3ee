"""`python -m flipside.machine`: one verb, JSON in, JSON lines out."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from flipside.machine.__main__ import main
from flipside.machine.verbs import VERBS


def call(root: Any, verb: str, **arguments: Any) -> list[dict[str, Any]]:
    argv = [sys.executable, "-m", "flipside.machine", str(root), verb]
    said = subprocess.run(
        argv, input=json.dumps(arguments).encode(), capture_output=True, check=True
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


def test_result_is_the_last_line(stage: Any) -> None:
    (line,) = call(stage.layout.root, "python")
    assert line == {"result": f"{sys.version_info.major}.{sys.version_info.minor}"}


def test_error_is_told_whole(stage: Any) -> None:
    (line,) = call(stage.layout.root, "app_status", app="blog", env="production")
    assert line["error"]["class"] == "NotFoundError"
    assert line["error"]["next"] == "flipside app.deploy blog"


def test_half_made_platform_is_an_error_too(stage: Any) -> None:
    (stage.layout.etc / "layout.json").unlink()
    (line,) = call(stage.layout.root, "python")
    assert line["error"]["next"] == "flipside platform.bootstrap"


def test_every_verb_takes_its_arguments_by_name() -> None:
    assert all(callable(verb) for verb in VERBS.values())


@pytest.mark.parametrize(("number", "advice"), [(errno.ENOSPC, "make room"), (errno.EIO, "doctor")])
def test_what_the_system_refuses_is_an_error_in_words(
    stage: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any, number: int, advice: str
) -> None:
    def fails(context: Any) -> None:
        raise OSError(number, os.strerror(number), "/srv/file")

    monkeypatch.setitem(VERBS, "fails", fails)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert main([str(stage.layout.root), "fails"]) == 0
    told = json.loads(capsys.readouterr().out)["error"]
    assert (told["class"], told["what"]) == ("MachineError", os.strerror(number))
    assert (told["where"], advice in told["next"]) == ("/srv/file", True)
