"""Projects on Django."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from flipside.apps.guess.data import Found
from flipside.apps.guess.literals import Bound, Names, called, in_tree, names_of, value_of
from flipside.apps.guess.project import Guess, Project

SETTINGS = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True)
class Django:
    """What the rules of Django start from.

    Args:
        project: The project.
        base: The folder with manage.py, relative to the tree.
        settings: The settings module's dotted name.
        told: The file that names it.
        names: The settings module's top-level names.
    """

    project: Project
    base: str
    settings: str
    told: str
    names: Names

    def setting(self, name: str) -> Any:
        """Return a setting's value, None when it is unset or cannot be told."""
        return value_of(self.names.get(name), self.names)

    def place(self, name: str) -> str | None:
        """Return the path of the tree that a setting holds."""
        return in_tree(self.setting(name), self.base)

    @property
    def roots(self) -> tuple[str, ...]:
        """The folders that modules are imported from."""
        return (self.base, ".", "src")

    @property
    def file(self) -> str:
        """The settings module's file, or its name where there is no such file."""
        return self.project.module(self.settings, self.roots) or self.settings


def find(project: Project) -> Django | None:
    """Return the facts of a Django project; None when it is none."""
    manage = [p for p in project.files if p.rpartition("/")[2] == "manage.py"]
    told = [(path, _settings_in(project, path)) for path in [*_wsgi_files(project), *manage]]
    named = next(((path, name) for path, name in told if name), None)
    if named is None or "django" not in project.imports:
        return None
    base = str(PurePosixPath(manage[0]).parent) if manage else project.root_of(named[0])
    path = project.module(named[1], (base, ".", "src"))
    names = names_of(project, path) if path else {}
    return Django(project, base, named[1], named[0], names)


def _wsgi_files(project: Project) -> list[str]:
    return [path for path in project.modules if path.rpartition("/")[2] == "wsgi.py"]


def _settings_in(project: Project, path: str) -> str | None:
    """Return the settings module that manage.py or wsgi.py names."""
    for node in project.nodes(path):
        texts = [
            each.value for each in ast.iter_child_nodes(node) if isinstance(each, ast.Constant)
        ]
        if called(node) in {"setdefault", "putenv"} and texts[:1] == [SETTINGS] and texts[1:]:
            return str(texts[1])
        if isinstance(node, ast.Assign) and SETTINGS in ast.dump(node.targets[0]):
            value = value_of(Bound(node.value, path), {})
            if isinstance(value, str):
                return value
    return None


def wsgi(found: Django) -> Iterator[Guess]:
    """Guess `wsgi` and the settings module."""
    said = found.setting("WSGI_APPLICATION")
    if isinstance(said, str) and "." in said:
        module, _, name = said.rpartition(".")
        yield Guess("wsgi.callable", f"{module}:{name}", f"WSGI_APPLICATION of {found.file}")
    else:
        path = next(iter(_wsgi_files(found.project)), None)
        if path:
            module = found.project.dotted(path, found.base if _beneath(path, found.base) else None)
            yield Guess("wsgi.callable", f"{module}:application", f"{path} is there")
    if found.base != ".":
        why = f"manage.py lies in {found.base}"
        yield Guess("wsgi.chdir", found.base, why)
        yield Guess("wsgi.pythonpath", [found.base], why)
    yield Guess(f"env.{SETTINGS}", found.settings, f"{found.told} names it")


def _beneath(path: str, base: str) -> bool:
    return base == "." or path.startswith(f"{base}/")


def data(found: Django) -> Iterator[Found]:
    """Find the databases of SQLite and the uploads that the settings put beside the code."""
    databases = found.names.get("DATABASES")
    entries = databases.node.values if databases and isinstance(databases.node, ast.Dict) else []
    for entry in entries:
        place = _sqlite(found, entry, databases)
        if place:
            yield place, f"DATABASES of {found.file}"
    media = found.place("MEDIA_ROOT")
    if media:
        yield f"{media}/", f"MEDIA_ROOT of {found.file}"


def _sqlite(found: Django, entry: ast.expr, where: Bound | None) -> str | None:
    if not isinstance(entry, ast.Dict) or where is None:
        return None
    said = {
        k.value: v
        for k, v in zip(entry.keys, entry.values, strict=True)
        if isinstance(k, ast.Constant)
    }
    engine, name = said.get("ENGINE"), said.get("NAME")
    if name is None or engine is None or "sqlite" not in ast.unparse(engine):
        return None
    return in_tree(value_of(Bound(name, where.path), found.names), found.base)


def static(found: Django) -> Iterator[dict[str, str]]:
    """Return the entries of `static`."""
    root = found.place("STATIC_ROOT")
    if root is None and reads_static_root(found):
        root = "static"
    if root:
        yield {"url": _url(found.setting("STATIC_URL"), "/static/"), "path": f"tree:{root}"}
    media = found.place("MEDIA_ROOT")
    if media and isinstance(found.setting("MEDIA_URL"), str):
        yield {"url": _url(found.setting("MEDIA_URL"), "/media/"), "path": f"data:{media}"}


def reads_static_root(found: Django) -> bool:
    """Say whether STATIC_ROOT is the environment's to set, without a default."""
    bound = found.names.get("STATIC_ROOT")
    return (
        bound is not None
        and "STATIC_ROOT" in ast.dump(bound.node)
        and found.place("STATIC_ROOT") is None
    )


def _url(value: Any, otherwise: str) -> str:
    if not isinstance(value, str) or "://" in value or not value.strip("/"):
        return otherwise
    return f"/{value.strip('/')}/"


def steps(found: Django, kind: str) -> Iterator[Guess]:
    """Guess `steps`: collected static files, compressed ones, migrations."""
    admin = "django-admin" if kind == "wheel" else "python manage.py"
    install, why = [], []
    root = found.place("STATIC_ROOT")
    if root and _shipped(found.project, root):
        why.append(f"{root} is part of the project: not collected again")
    elif root or reads_static_root(found):
        install.append(f"{admin} collectstatic --noinput")
        why.append("STATIC_ROOT is set")
    if found.setting("COMPRESS_OFFLINE") is True:
        install.append(f"{admin} compress")
        why.append("COMPRESS_OFFLINE is set")
    if why:
        yield Guess("steps.install", install, ", ".join(why))
    migrate = {"run": f"{admin} migrate --noinput", "unless": f"{admin} migrate --check"}
    yield Guess("steps.deploy", [migrate], "Django's migrations")


def _shipped(project: Project, root: str) -> bool:
    """Say whether the collected files are in git: collecting anew could destroy their manifest."""
    ignored = {line.strip("/*") for line in project.ignored}
    names = {root, root.rpartition("/")[2]}
    return any(path.startswith(f"{root}/") for path in project.files) and not names & ignored


def routes(found: Django) -> list[tuple[str, str]]:
    """Return (address, file) of what the root URLconf serves under a fixed address."""
    module = found.setting("ROOT_URLCONF")
    path = found.project.module(module, found.roots) if isinstance(module, str) else None
    made = []
    for node in found.project.nodes(path) if path else ():
        if called(node) in {"path", "re_path", "url"} and isinstance(node, ast.Call) and node.args:
            pattern = value_of(Bound(node.args[0], path or ""), {})
            if isinstance(pattern, str) and not re.search(r"[<(\[\\*+]", pattern):
                made.append(("/" + pattern.strip("^$"), path or ""))
    return made


def commands(kind: str) -> Iterator[Guess]:
    """Guess `commands`."""
    admin = "django-admin" if kind == "wheel" else "python manage.py"
    yield Guess("commands", {"test": f"{admin} test", "shell": f"{admin} shell"}, "Django's own")
