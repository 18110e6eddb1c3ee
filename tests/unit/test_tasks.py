"""Tasks narrate, packages work: a body is a handful of calls, and none talks to a process."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import flipside.tasks

FOLDER = Path(flipside.tasks.__file__).parent
MODULES = sorted(path for path in FOLDER.rglob("*.py") if path.name != "__init__.py")
LONGEST = 15
WORKERS = {"subprocess", "socket", "shutil", "sqlite3", "psutil"}


def lines(function: ast.FunctionDef) -> int:
    """The lines of a body, its docstring and its own imports left out."""
    first, *rest = function.body
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = rest if told else [first, *rest]
    body = [each for each in body if not isinstance(each, ast.Import | ast.ImportFrom)]
    return sum((each.end_lineno or each.lineno) - each.lineno + 1 for each in body)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_bodies_are_short(path: Path) -> None:
    functions = [
        one for one in ast.walk(ast.parse(path.read_text())) if isinstance(one, ast.FunctionDef)
    ]
    assert {one.name: lines(one) for one in functions if lines(one) > LONGEST} == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_nothing_is_done_here(path: Path) -> None:
    names = set()
    for one in ast.walk(ast.parse(path.read_text())):
        if isinstance(one, ast.Import):
            names |= {alias.name for alias in one.names}
        elif isinstance(one, ast.ImportFrom):
            names.add(str(one.module))
    assert names & WORKERS == set()
