"""Projects on Flask, Bottle and anything else that is a WSGI callable."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from flipside.apps.guess import build
from flipside.apps.guess.literals import Bound, assignments, called, in_tree, names_of, value_of
from flipside.apps.guess.project import Guess, Project

MAKERS = {"API", "App", "Bottle", "Flask", "Quart", "Sanic", "WSGIApplication"}
MADE = {"create_app", "default_app", "get_wsgi_application", "make_app", "make_wsgi_app"}
FACTORIES = ("create_app", "make_app", "create_application", "app_factory")
NAMES = ("application", "app", "wsgi", "api")
LIKELY = ("wsgi", "app", "application", "main", "__init__", "run", "server", "web", "api", "index")
SHELL = re.compile(r"gunicorn\b[^\n]*?[\s\"']([A-Za-z_][\w.]*:[A-Za-z_]\w*(?:\(\))?)")
WRAPPER = "flipside_wsgi"


@dataclass(frozen=True)
class Callable:
    """A WSGI callable: the file that it stands in, its name (with `()` for a factory), and why."""

    path: str
    name: str
    why: str


def find(project: Project) -> Callable | None:
    """Return the project's WSGI callable: what Procfile or Dockerfile starts, or the likeliest."""
    started = _started(project)
    if started:
        return started
    paths = sorted(project.modules, key=_likelihood)
    for search in (_variables, _factories):
        for path in paths:
            found = next(search(project, path), None)
            if found:
                return found
    return None


def _likelihood(path: str) -> tuple[int, int, str]:
    stem = PurePosixPath(path).stem
    likely = LIKELY.index(stem) if stem in LIKELY else len(LIKELY)
    return (path.count("/") - path.endswith("/__init__.py"), likely, path)


def _started(project: Project) -> Callable | None:
    for file in ("Procfile", "Dockerfile", "docker-compose.yml"):
        said = SHELL.search(project.text(file))
        path = project.module(said[1].partition(":")[0]) if said else None
        if said and path:
            return Callable(path, said[1].partition(":")[2], f"{file} starts it")
    return None


def _variables(project: Project, path: str) -> Iterator[Callable]:
    tree = project.tree(path)
    made = {}
    for target, value in assignments(tree.body) if tree else ():
        if isinstance(target, ast.Name) and (called(value) in MAKERS | MADE):
            made[target.id] = called(value)
        elif isinstance(target, ast.Name) and target.id == "application":
            made[target.id] = ast.unparse(value)
    for function in tree.body if tree else ():
        if isinstance(function, ast.FunctionDef) and _is_wsgi(function):
            made[function.name] = "def"
    for name in sorted(made, key=lambda n: NAMES.index(n) if n in NAMES else len(NAMES)):
        how = f"{path} defines it" if made[name] == "def" else f"{path}: {name} = {made[name]}"
        yield Callable(path, name, how + ("(...)" if made[name] in MAKERS | MADE else ""))


def _is_wsgi(function: ast.FunctionDef) -> bool:
    names = [argument.arg.lstrip("_") for argument in function.args.args]
    return names in (["environ", "start_response"], ["env", "start_response"])


def _factories(project: Project, path: str) -> Iterator[Callable]:
    tree = project.tree(path)
    for node in tree.body if tree else ():
        if not isinstance(node, ast.FunctionDef) or node.name not in FACTORIES:
            continue
        if len(node.args.args) == len(node.args.defaults):
            yield Callable(path, f"{node.name}()", f"{path} has def {node.name}")


def routed(project: Project) -> str | None:
    """Return a module whose routes lie in Bottle's default app, so that no callable has a name."""
    for path in sorted(project.modules, key=_likelihood):
        imported = [n for n in project.nodes(path) if isinstance(n, ast.ImportFrom)]
        names = {a.name for n in imported if n.module == "bottle" for a in n.names}
        if names & {"route", "get", "post", "run"}:
            return path
        plain = "bottle" in project.imports and re.search(
            r"^@bottle\.", project.text(path), re.MULTILINE
        )
        if plain:
            return path
    return None


def wsgi(project: Project, found: Callable) -> Iterator[Guess]:
    """Guess `wsgi`."""
    root = project.root_of(found.path)
    yield Guess("wsgi.callable", f"{project.dotted(found.path)}:{found.name}", found.why)
    yield from _folders(project, found.path, root)


def wrapped(project: Project, path: str) -> Iterator[Guess]:
    """Guess `wsgi` and a file that gives Bottle's default app a name."""
    module, root = project.dotted(path), project.root_of(path)
    why = f"{path} keeps its routes in Bottle's default app, which has no name of its own"
    text = f"import {module}\nfrom bottle import default_app\n\napplication = default_app()\n"
    yield Guess("wsgi.callable", f"{WRAPPER}:application", why)
    yield Guess(
        "files", {str(PurePosixPath(root, f"{WRAPPER}.py")): text}, "names that default app"
    )
    yield from _folders(project, path, root)


def _folders(project: Project, path: str, root: str) -> Iterator[Guess]:
    if root == ".":
        return
    why = f"{path} is imported from {root}"
    if base := build.base(project, path):
        yield Guess("wsgi.chdir", base, f"{build.requirements(project, path)} is there")
    elif project.root_of(path) == str(PurePosixPath(path).parent):
        yield Guess("wsgi.chdir", root, why)  # a lone module finds its templates from where it runs
    yield Guess("wsgi.pythonpath", [root], why)


def static(project: Project, kind: str) -> Iterator[dict[str, str]]:
    """Return the entries of `static`: the static folders of Flask apps."""
    for path in project.modules:
        for node in project.nodes(path):
            if isinstance(node, ast.Call) and called(node) == "Flask":
                yield from _flask_static(project, path, node, kind)


def _flask_static(
    project: Project, path: str, node: ast.Call, kind: str
) -> Iterator[dict[str, str]]:
    names = names_of(project, path)
    said = {k.arg: value_of(Bound(k.value, path), names) for k in node.keywords}
    folder = said.get("static_folder") or "static"
    place = in_tree(str(folder), str(PurePosixPath(path).parent))
    if not place or not (project.folder / place).is_dir():
        return
    url = said.get("static_url_path") or f"/{place.rpartition('/')[2]}"
    if str(url).strip("/"):
        yield {"url": f"/{str(url).strip('/')}/", "path": _installed(project, path, place, kind)}


def _installed(project: Project, path: str, place: str, kind: str) -> str:
    if kind != "wheel":
        return f"tree:{place}"
    root = project.root_of(path)
    return f"site-packages:{place if root == '.' else place.removeprefix(f'{root}/')}"


def steps(project: Project, found: Callable) -> Iterator[Guess]:
    """Guess `steps`: Flask-Migrate's migrations."""
    base = str(PurePosixPath(found.path).parts[0]) if "/" in found.path else "."
    folders = ("migrations", f"{base}/migrations")
    if "flask_migrate" in project.imports and any(project.has(f"{f}/env.py") for f in folders):
        why = "flask_migrate is imported, and migrations/ is there"
        yield Guess("env.FLASK_APP", flask_app(project, found), why)
        yield Guess("steps.deploy", ["flask db upgrade"], why)


def flask_app(project: Project, found: Callable) -> str:
    """Return the callable as FLASK_APP wants it."""
    return f"{project.dotted(found.path)}:{found.name}"


def routes(project: Project) -> list[tuple[str, str]]:
    """Return (address, file) of the app's routes under a fixed address, those of blueprints not."""
    made = []
    for path in project.modules:
        blueprints = _blueprints(project, path)
        for node in project.nodes(path):
            for decorator in getattr(node, "decorator_list", ()):
                address = _address(decorator, blueprints)
                if address:
                    made.append((address, path))
    return made


def _blueprints(project: Project, path: str) -> set[str]:
    nodes = (node for node in project.nodes(path) if isinstance(node, ast.Assign))
    return {
        target.id
        for node in nodes
        if called(node.value) in {"Blueprint", "APIBlueprint"}
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _address(node: ast.expr, blueprints: set[str]) -> str | None:
    if not isinstance(node, ast.Call) or called(node) not in {"route", "get"} or not node.args:
        return None
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(owner, ast.Name) and owner.id in blueprints:
        return None
    first = node.args[0]
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return None
    return first.value if first.value.startswith("/") and "<" not in first.value else None
