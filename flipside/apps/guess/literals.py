"""What an expression of somebody's code says, as far as that can be told without running it.

Paths are the point: `BASE_DIR / "db.sqlite3"`, `os.path.join(os.path.dirname(__file__), "db")`.
A path beside the code begins with `TREE`.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flipside.apps.guess.project import Project

TREE = "/@tree"
DEPTH = 40

_SAME = {"abspath", "realpath", "normpath", "fspath", "expanduser", "str", "Path", "PurePath"}
_SELF = {"resolve", "absolute", "as_posix", "expanduser", "__str__"}
_ENV = {"get", "getenv", "env", "config", "str", "path", "bool", "list", "db", "url"}


class UnknownError(Exception):
    """An expression whose value only running the code would tell."""


@dataclass(frozen=True)
class Bound:
    """An expression, and the file that it stands in."""

    node: ast.expr
    path: str


Names = dict[str, Bound]


def assignments(body: list[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield (target, value) of what a module assigns when imported: not below `__main__`."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield from ((target, statement.value) for target in statement.targets)
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            yield statement.target, statement.value
        elif isinstance(statement, ast.If):
            if "__main__" not in ast.dump(statement.test):
                yield from assignments(statement.orelse)
                yield from assignments(statement.body)
        elif isinstance(statement, ast.Try | ast.With):
            yield from assignments(statement.body)


def names_of(project: Project, path: str, seen: tuple[str, ...] = ()) -> Names:
    """Return a module's top-level names, those of `from other import *` included."""
    tree = project.tree(path)
    names: Names = {}
    if tree is None or path in seen:
        return names
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom):
            other = _imported(project, path, statement)
            if other:
                theirs = names_of(project, other, (*seen, path))
                names |= _taken(theirs, statement)
    for target, value in assignments(tree.body):
        if isinstance(target, ast.Name):
            names[target.id] = Bound(value, path)
    return names


def _imported(project: Project, path: str, statement: ast.ImportFrom) -> str | None:
    root = project.root_of(path)
    if not statement.level:
        return project.module(statement.module or "", (root, ".", "src"))
    folder = PurePosixPath(path)
    for _ in range(statement.level):
        folder = folder.parent
    return project.module(statement.module or "__init__", (str(folder),))


def _taken(theirs: Names, statement: ast.ImportFrom) -> Names:
    wanted = {alias.name: alias.asname or alias.name for alias in statement.names}
    if "*" in wanted:
        return theirs
    return {wanted[name]: bound for name, bound in theirs.items() if name in wanted}


def value_of(bound: Bound | None, names: Names) -> Any:
    """Return the value of an expression: text, a number, a list, a path as text; None if unknown."""
    if bound is None:
        return None
    try:
        return _Reader(names, bound.path).value(bound.node)
    except (UnknownError, TypeError, ValueError, IndexError):
        return None


def in_tree(value: Any, chdir: str = ".") -> str | None:
    """Return the path relative to the tree, or None where it is no path beneath it.

    Args:
        value: A path as `value_of` returns it; a relative one is taken from the working directory.
        chdir: The working directory, relative to the tree.
    """
    if not isinstance(value, str) or not value or "://" in value:
        return None
    path = posixpath.normpath(posixpath.join(TREE, chdir, value))
    beneath = path.removeprefix(f"{TREE}/")
    return beneath if beneath != path else None


class _Reader:
    def __init__(self, names: Names, path: str, depth: int = 0) -> None:
        self.names, self.path, self.depth = names, path, depth

    def value(self, node: ast.expr) -> Any:
        reader = getattr(self, f"_{type(node).__name__.lower()}", None)
        if reader is None or self.depth > DEPTH:
            raise UnknownError
        return reader(node)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _list(self, node: ast.List) -> list[Any]:
        return [self.value(each) for each in node.elts]

    _tuple = _list

    def _name(self, node: ast.Name) -> Any:
        if node.id == "__file__":
            return f"{TREE}/{self.path}"
        bound = self.names.get(node.id)
        if bound is None:
            raise UnknownError
        # A name that is laid anew upon itself (`X = X / "y"`) would never end.
        rest = {name: each for name, each in self.names.items() if name != node.id}
        return _Reader(rest, bound.path, self.depth + 1).value(bound.node)

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        parts = (
            each.value if isinstance(each, ast.FormattedValue) else each for each in node.values
        )
        return "".join(str(self.value(part)) for part in parts)

    def _boolop(self, node: ast.BoolOp) -> Any:
        """`os.environ.get("X") or "default"`: the last one that can be told."""
        return self.value(node.values[-1])

    def _binop(self, node: ast.BinOp) -> Any:
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Div):
            return posixpath.join(left, right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):  # django-environ's Path: folders upwards
            return posixpath.normpath(posixpath.join(left, *[".."] * right))
        raise UnknownError

    def _attribute(self, node: ast.Attribute) -> Any:
        if node.attr in {"root_path", "instance_path"}:
            return self._flask(node.attr)
        if node.attr != "parent":
            raise UnknownError
        return posixpath.dirname(self.value(node.value))

    def _subscript(self, node: ast.Subscript) -> Any:
        if not (isinstance(node.value, ast.Attribute) and node.value.attr == "parents"):
            raise UnknownError
        path = self.value(node.value.value)
        for _ in range(self.value(node.slice) + 1):
            path = posixpath.dirname(path)
        return path

    def _call(self, node: ast.Call) -> Any:
        name = called(node)
        if name == "dirname":
            return posixpath.dirname(self.value(node.args[0]))
        if name in {"join", "joinpath"}:
            return self._joined(node, name)
        if name in _SELF and isinstance(node.func, ast.Attribute) and not node.args:
            return self.value(node.func.value)
        if name in _SAME and len(node.args) == 1 and not _has_default(node):
            return self.value(node.args[0])
        if name in _ENV:
            return self._default(node)
        raise UnknownError

    def _joined(self, node: ast.Call, name: str) -> str:
        first = []
        if name == "joinpath" and isinstance(node.func, ast.Attribute):
            first = [self.value(node.func.value)]
        return str(posixpath.join(*first, *(self.value(each) for each in node.args)))

    def _default(self, node: ast.Call) -> Any:
        """Return what is used where the environment says nothing."""
        for keyword in node.keywords:
            if keyword.arg == "default":
                return self.value(keyword.value)
        if len(node.args) > 1:
            return self.value(node.args[1])
        raise UnknownError

    def _flask(self, attribute: str) -> str:
        """Source: https://flask.palletsprojects.com/en/stable/config/#instance-folders."""
        folder = posixpath.dirname(f"{TREE}/{self.path}")
        if attribute == "root_path":
            return folder
        packaged = posixpath.basename(self.path) == "__init__.py"
        return posixpath.join(posixpath.dirname(folder) if packaged else folder, "instance")


def called(node: ast.AST) -> str:
    """Return the last part of the name that is called, and nothing where it has none."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _has_default(node: ast.Call) -> bool:
    return any(keyword.arg == "default" for keyword in node.keywords)
