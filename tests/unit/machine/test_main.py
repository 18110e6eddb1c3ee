"""`python -m flipside.machine`: one verb, JSON in, JSON lines out."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

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
