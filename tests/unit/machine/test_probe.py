"""Asking an app's callable in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flipside.machine import probe
from flipside.machine.health import variables

OK = 'def app(environ, start):\n    start("200 OK", [])\n    return [b"x"]\n'


def ask(tree: Path, code: str, name: str = "web:app") -> dict[str, Any]:
    (tree / "web.py").write_text(code)
    order = {
        "callable": name,
        "pythonpath": [],
        "tree": str(tree),
        "vars": variables("blog.localhost", "GET", "/up"),
        "seconds": 10,
    }
    argv = [sys.executable, "-B", probe.__file__, json.dumps(order)]
    said = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(said.stdout)
    return found


def test_good_app(tmp_path: Path) -> None:
    found = ask(tmp_path, 'print("noise")\n' + OK)
    assert (found["imported"], found["status"][:3], found["errors"]) == (True, "200", [])


def test_factory_and_default_name(tmp_path: Path) -> None:
    assert ask(tmp_path, f"def make():\n    return app\n{OK}", "web:make()")["status"][:3] == "200"
    assert ask(tmp_path, OK.replace("app(", "application("), "web")["imported"] is True


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def app(:", "SyntaxError"),
        ("x = 1", "has no attribute 'app'"),
        ("raise SystemExit('bad settings')", "bad settings"),
    ],
)
def test_what_cannot_be_imported(tmp_path: Path, code: str, said: str) -> None:
    found = ask(tmp_path, code)
    assert found["imported"] is False
    assert said in "\n".join(found["errors"])


def test_exception_and_writes_are_told(tmp_path: Path) -> None:
    code = 'def app(environ, start):\n    open("app.log", "w").close()\n    raise ValueError("why")'
    found = ask(tmp_path, code)
    assert "ValueError: why" in found["errors"][0]
    assert found["writes"] == ["app.log"]
