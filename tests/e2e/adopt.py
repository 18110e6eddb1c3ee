"""Adopting somebody's project: its tree, what `app.bootstrap` guesses, and what a user edits of that."""

from __future__ import annotations

import filecmp
import json
import shutil
from pathlib import Path
from typing import Any

from e2e.rig import App, Platform
from ruamel.yaml import YAML

from flipside.machine.merge import merge

TREES = Path(__file__).parent / "apps"


def adopt(platform: Platform, tree: str, name: str | None = None, **edits: Any) -> App:
    """Copy one of the trees, let `app.bootstrap` describe it, and lay edits over the description."""
    app = platform.app(name or tree)
    shutil.copytree(TREES / tree, app.folder, ignore=shutil.ignore_patterns("__pycache__"))
    platform.flipside("app.bootstrap", app.name, "-d", str(app.folder))
    edit(app, **edits)
    return app


def from_index(platform: Platform, name: str, requirement: str, **said: Any) -> App:
    """Describe an app that is a package of the index: a `.flipside-app`, and no code."""
    app = platform.app(name)
    app.folder.mkdir(parents=True)
    edit(app, name=name, build={"kind": "index", "requirement": requirement}, **said)
    return app


def described(app: App) -> dict[str, Any]:
    """What its `.flipside-app` says."""
    path = app.folder / ".flipside-app"
    return dict(YAML(typ="safe").load(path)) if path.exists() else {}


def edit(app: App, **edits: Any) -> None:
    """Edit its `.flipside-app`: mappings are merged, all else is replaced."""
    said = merge(described(app), edits)
    # JSON is YAML, with every text in quotes.
    (app.folder / ".flipside-app").write_text(json.dumps(said, indent=2) + "\n")


def changed(app: App, tree: str) -> list[str]:
    """The files of its code that are not as they came."""
    theirs = [
        path.relative_to(TREES / tree) for path in (TREES / tree).rglob("*") if path.is_file()
    ]
    code = [str(path) for path in theirs if "__pycache__" not in path.parts]
    _, differ, missing = filecmp.cmpfiles(TREES / tree, app.folder, code, shallow=False)
    return [*differ, *missing]


def form(**files: tuple[str, bytes] | str) -> dict[str, Any]:
    """The body and headers of a POST of a form: fields, and files as (name, content)."""
    line, parts = "------flipside", []
    for field, value in files.items():
        name, content = value if isinstance(value, tuple) else (None, value.encode())
        said = f'form-data; name="{field}"' + (f'; filename="{name}"' if name else "")
        parts.append(f"{line}\r\nContent-Disposition: {said}\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join([*parts, f"{line}--\r\n".encode()])
    kind = f"multipart/form-data; boundary={line[2:]}"
    return {"method": "POST", "body": body, "headers": {"Content-Type": kind}}
