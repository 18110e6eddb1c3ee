"""What the app writes beside its code, and must outlive a release: `data`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from flipside.apps.guess.literals import Bound, Names, called, in_tree, names_of, value_of
from flipside.apps.guess.project import Guess, Project

Found = tuple[str, str]
"""A path of the tree, a trailing / for a folder, and why it is data."""

FOLDERS = ("media", "data", "instance", "uploads")
DATABASES = (".db", ".sqlite", ".sqlite3")
KEPT_EMPTY = {".gitkeep", ".gitignore", ".keep", "README.md"}
SQLITE_URL = re.compile(r"sqlite(?:\+\w+)?:///")


def data(found: list[Found]) -> Iterator[Guess]:
    """Guess `data`: each path once, none within another."""
    reasons = {str(PurePosixPath(path)): (path, why) for path, why in reversed(found)}
    outermost = [at for at in reasons if not _within(at, reasons)]
    if outermost:
        paths = [reasons[at] for at in sorted(outermost)]
        why = "; ".join(f"{path}: {reason}" for path, reason in paths)
        yield Guess("data", [path for path, _ in paths], why)


def _within(path: str, others: dict[str, tuple[str, str]]) -> bool:
    return any(str(parent) in others for parent in PurePosixPath(path).parents)


def in_code(project: Project, chdir: str) -> Iterator[Found]:
    """Find databases and upload folders that any module names: Flask's config, sqlite3.connect."""
    for path in project.modules:
        names = names_of(project, path)
        for node in project.nodes(path):
            for key, expression in _settings(node):
                yield from _setting(project, key, Bound(expression, path), names, chdir)
            if called(node) == "connect" and isinstance(node, ast.Call) and node.args:
                place = in_tree(value_of(Bound(node.args[0], path), names), chdir)
                if place and place.endswith(DATABASES):
                    yield place, f"{path} opens it"
            made = _made(node)
            place = in_tree(value_of(Bound(made, path), names), chdir) if made else None
            if place:
                yield f"{place}/", f"{path} makes it"


def _made(node: ast.AST) -> ast.expr | None:
    """Return the folder of `os.makedirs(FOLDER)` and `FOLDER.mkdir()`."""
    if not isinstance(node, ast.Call) or called(node) not in {"makedirs", "mkdir"}:
        return None
    if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) != "os":
        return node.func.value
    return node.args[0] if node.args else None


def _settings(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield (name, value) of `X = v`, `app.config["X"] = v`, `{"X": v}` and `f(X=v)`."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                yield str(target.slice.value), node.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value


def _setting(project: Project, key: str, bound: Bound, names: Names, chdir: str) -> Iterator[Found]:
    if key in {"UPLOAD_FOLDER", "UPLOAD_FOLDERS", "UPLOADS_DEFAULT_DEST", "WHOOSH_BASE"}:
        place = in_tree(value_of(bound, names), chdir)
        if place:
            yield f"{place}/", f"{key} of {bound.path}"
    elif key in {"SQLALCHEMY_DATABASE_URI", "DATABASE_URI", "DATABASE_URL", "DATABASE", "DB_PATH"}:
        place = _database(project, value_of(bound, names), chdir)
        if place:
            yield place, f"{key} of {bound.path}"
    elif key == "filename":
        place = in_tree(value_of(bound, names), chdir)
        if place and place.endswith(".log"):
            folder = PurePosixPath(place).parent
            yield f"{folder}/" if folder.parts else place, f"{bound.path} logs to it"


def _database(project: Project, value: object, chdir: str) -> str | None:
    if not isinstance(value, str):
        return None
    place = SQLITE_URL.sub("", value, count=1)
    if place == value and not value.endswith(DATABASES):
        return None
    # Flask-SQLAlchemy takes a relative path from the instance folder, not from where it runs.
    # Source: https://flask-sqlalchemy.readthedocs.io/en/stable/config/#connection-url-format
    if place != value and not place.startswith("/") and "flask_sqlalchemy" in project.imports:
        return "instance/"
    return in_tree(place.partition("?")[0], chdir)


def on_disk(project: Project, chdir: str) -> Iterator[Found]:
    """Find folders and databases that lie there, or that .gitignore and the code both name."""
    for name in FOLDERS:
        place = str(PurePosixPath(chdir, name))
        if (project.folder / place).is_dir() and _is_data(project, place):
            yield f"{place}/", "a folder of data that is not in git"
    for path in project.files:
        if path.endswith(DATABASES) and ignored(project, path):
            yield path, "a database that is not in git"
    for line in project.ignored:
        name = line.strip("/")
        if name.endswith(DATABASES) and "*" not in name and mentioned(project, name):
            yield (
                str(PurePosixPath(chdir, name)) if "/" not in name else name,
                "git ignores it and the code names it",
            )


def _is_data(project: Project, folder: str) -> bool:
    """Say whether a folder holds what the app wrote: nothing that is the project's own."""
    names = {PurePosixPath(p).name for p in project.files if p.startswith(f"{folder}/")}
    return not names - KEPT_EMPTY or ignored(project, folder)


def ignored(project: Project, path: str) -> bool:
    """Say whether .gitignore names a path or a folder that it lies in."""
    name = PurePosixPath(path).name
    parts = {str(part) for part in (path, *PurePosixPath(path).parents)}
    for line in project.ignored:
        bare = line.strip("/")
        if bare in {path, name, f"{name}/*"} or bare in parts or PurePosixPath(name).match(bare):
            return True
    return False


def mentioned(project: Project, name: str) -> bool:
    """Say whether the code names a file."""
    base = PurePosixPath(name).name
    return any(base in project.text(path) for path in project.modules)
