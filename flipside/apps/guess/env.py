"""What the code wants from its environment: `env` and `secrets`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flipside.apps.guess.literals import called
from flipside.apps.guess.project import Guess, Project

GENERATED = {
    "APP_SECRET_KEY",
    "DJANGO_SECRET_KEY",
    "FLASK_SECRET_KEY",
    "JWT_SECRET_KEY",
    "SECRET_KEY",
    "SECURITY_PASSWORD_SALT",
    "SESSION_SECRET",
}
"""Secrets that may be any random text; a key for somebody else's service may not."""

DATABASE = "sqlite:///$DATA_DIR/db.sqlite3"
KNOWN = {
    "ALLOWED_HOSTS": "$DOMAINS",
    "CSRF_TRUSTED_ORIGINS": "$ORIGINS",
    "DATABASE_URI": DATABASE,
    "DATABASE_URL": DATABASE,
    "DJANGO_ALLOWED_HOSTS": "$DOMAINS",
    "DJANGO_CSRF_TRUSTED_ORIGINS": "$ORIGINS",
    "MEDIA_ROOT": "$DATA_DIR/media",
    "SQLALCHEMY_DATABASE_URI": DATABASE,
    "STATIC_ROOT": "$STATIC_ROOT",
    "UPLOAD_FOLDER": "$DATA_DIR/uploads",
}
GIVEN = {"DATA_DIR", "HOME", "LANG", "MEMCACHED", "PATH", "PORT", "PWD", "TZ", "USER"}
DJANGO = {"DJANGO_SETTINGS_MODULE"}
READERS = {"getenv", "env", "config"}
TYPED = {"bool", "db", "int", "list", "path", "str", "url", "json", "float", "db_url", "cache_url"}


def reads(project: Project) -> dict[str, tuple[str, bool]]:
    """Return the environment variables that the code reads: name -> (file, whether it needs it)."""
    found: dict[str, tuple[str, bool]] = {}
    for path in project.modules:
        named = _environs(project, path)
        for node in project.nodes(path):
            read = _read(node, named)
            if read:
                name, needed = read
                needed = needed and found.get(name, ("", True))[1]
                found[name] = (found.get(name, (path,))[0], needed)
    return found


def env(project: Project) -> Iterator[Guess]:
    """Guess `env` and `secrets` from what the code reads."""
    found = reads(project)
    for name in sorted(found.keys() & KNOWN.keys()):
        yield Guess(f"env.{name}", KNOWN[name], f"{found[name][0]} reads it")
    secrets = sorted(found.keys() & GENERATED)
    if secrets:
        files = sorted({found[name][0] for name in secrets})
        read = "it" if len(secrets) == 1 else "them"
        yield Guess("secrets", secrets, f"{', '.join(files)} reads {read}")


def missing(project: Project) -> list[tuple[str, str]]:
    """Return what the code cannot do without and nobody can guess, as (name, file)."""
    known = KNOWN.keys() | GENERATED | GIVEN | DJANGO
    found = sorted(reads(project).items())
    return [(name, path) for name, (path, needed) in found if needed and name not in known]


def _environs(project: Project, path: str) -> set[str]:
    """Return how a module calls `os.environ`; a WSGI app's own `environ` is none."""
    imports = (node for node in project.nodes(path) if isinstance(node, ast.ImportFrom))
    names = (alias for node in imports if node.module == "os" for alias in node.names)
    return {"os.environ"} | {alias.asname or alias.name for alias in names}


def _read(node: ast.AST, environs: set[str]) -> tuple[str, bool] | None:
    """Return the variable that an expression reads, and whether it fails without it."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) in environs:
        name = _name(node.slice)
        return (name, True) if name and isinstance(node.ctx, ast.Load) else None
    name = _name(node.args[0]) if isinstance(node, ast.Call) and node.args else None
    if name is None or not isinstance(node, ast.Call):
        return None
    if called(node) == "get" and isinstance(node.func, ast.Attribute):
        return (name, False) if ast.unparse(node.func.value) in environs else None
    if not _is_reader(node):
        return None
    default = len(node.args) > 1 or any(each.arg == "default" for each in node.keywords)
    return name, not default and called(node) != "getenv"


def _is_reader(node: ast.Call) -> bool:
    function = node.func
    if isinstance(function, ast.Name):
        return function.id in READERS
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    return function.attr == "getenv" or (owner == "env" and function.attr in TYPED)


def _name(node: ast.expr) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and value.isidentifier() and value.isupper() else None
