"""Becoming a generation's uwsgi."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
