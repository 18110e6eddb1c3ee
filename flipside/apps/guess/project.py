"""The facts of a project's folder: its files and their syntax trees. Nothing of it is run."""

from __future__ import annotations

import ast
import os
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

MOST_FILES = 20_000
MOST_BYTES = 1_000_000
"""A source file larger than this was written by a program, and says nothing about the project."""

NOT_THE_PROJECT = {
    "__pycache__",
    "build",
    "dist",
    "docs",
    "env",
    "node_modules",
    "site-packages",
    "venv",
}
NOT_THE_APP = {"conftest.py", "examples", "fabfile.py", "migrations", "setup.py", "test", "tests"}


@dataclass(frozen=True)
class Guess:
    """One value that was guessed.

    Args:
        key: The key's path in `.flipside-app`, dotted.
        value: Its value, as YAML would hold it.
        why: What in the code led to it, in words.
    """

    key: str
    value: Any
    why: str


@dataclass(frozen=True)
class Project:
    """A folder with somebody's code.

    Args:
        folder: The folder.
    """

    folder: Path
    _trees: dict[str, ast.Module | None] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The files' paths relative to the folder, the shallowest first; no dependencies, no VCS."""
        found: list[str] = []
        for path in _walk(self.folder):
            found.append(path)
            if len(found) >= MOST_FILES:
                break
        return tuple(sorted(found, key=lambda path: (path.count("/"), path)))

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The Python files that belong to the app itself: no tests, no migrations."""
        return tuple(path for path in self.files if path.endswith(".py") and _is_app(path))

    @cached_property
    def pyproject(self) -> dict[str, Any]:
        """What pyproject.toml says; empty when there is none, or a broken one."""
        try:
            return tomllib.loads(self.text("pyproject.toml"))
        except tomllib.TOMLDecodeError:
            return {}

    @cached_property
    def ignored(self) -> tuple[str, ...]:
        """The lines of .gitignore, without comments and negations."""
        lines = (line.strip() for line in self.text(".gitignore").splitlines())
        return tuple(line for line in lines if line and not line.startswith(("#", "!")))

    @cached_property
    def imports(self) -> frozenset[str]:
        """The top-level names of all modules that the app imports."""
        return frozenset(name for path in self.modules for name in _imports(self.tree(path)))

    def has(self, path: str) -> bool:
        """Say whether the folder holds this file or folder."""
        return (self.folder / path).exists()

    def text(self, path: str) -> str:
        """Return a file's text; nothing when it is missing, huge or no text."""
        file = self.folder / path
        try:
            return file.read_text("utf-8") if file.stat().st_size <= MOST_BYTES else ""
        except (OSError, UnicodeDecodeError):
            return ""

    def tree(self, path: str) -> ast.Module | None:
        """Return a Python file's syntax tree; None when it cannot be parsed."""
        if path not in self._trees:
            self._trees[path] = _parsed(self.text(path))
        return self._trees[path]

    def nodes(self, path: str) -> Iterator[ast.AST]:
        """Walk a Python file's syntax tree."""
        tree = self.tree(path)
        return ast.walk(tree) if tree else iter(())

    def root_of(self, path: str) -> str:
        """Return the folder that must be on Python's path for the module at `path` ("." = tree)."""
        folder = PurePosixPath(path).parent
        while folder.parts and self.has(f"{folder}/__init__.py"):
            folder = folder.parent
        return str(folder)

    def dotted(self, path: str, root: str | None = None) -> str:
        """Return the module's name as imported from `root`, by default from where its package is."""
        relative = PurePosixPath(path).relative_to(self.root_of(path) if root is None else root)
        parts = relative.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" and parts[:-1] else parts)

    def module(self, dotted: str, roots: tuple[str, ...] = (".", "src")) -> str | None:
        """Return the path of the file that is the module `dotted`, beneath one of the roots."""
        name = dotted.replace(".", "/")
        for root in roots:
            for path in (f"{root}/{name}.py", f"{root}/{name}/__init__.py"):
                if self.has(path):
                    return str(PurePosixPath(path))
        return None


def _walk(folder: Path) -> Iterator[str]:
    for at, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not _skipped(Path(at, each))]
        for file in files:
            yield Path(at, file).relative_to(folder).as_posix()


def _skipped(folder: Path) -> bool:
    name = folder.name
    return name.startswith(".") or name in NOT_THE_PROJECT or (folder / "pyvenv.cfg").exists()


def _is_app(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return not NOT_THE_APP.intersection(parts) and not parts[-1].startswith("test")


def _parsed(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a stray backslash in somebody's code is not our matter
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _imports(tree: ast.Module | None) -> Iterator[str]:
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
