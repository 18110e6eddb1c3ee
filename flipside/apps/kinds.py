"""The three kinds of build: how code becomes a wheel or a tree, and what it depends on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from flipside.apps import modules, requirements
from flipside.apps.appwheel import build_wheel, check_python, static_project
from flipside.apps.requirements import Requirements
from flipside.apps.resolve import Place
from flipside.apps.selection import Selection
from flipside.apps.tree import NAME, Tree, package
from flipside.config import AppConfig
from flipside.errors import BuildError

Narrate = Callable[[str], None]


@dataclass(frozen=True)
class Code:
    """What one kind of build makes of the folder, before its dependencies are known."""

    requirements: Requirements
    version: str = ""
    wheel: tuple[Path, str] | None = None
    tree: Tree | None = None
    modules: set[str] = field(default_factory=set)


def _wheel(config: AppConfig, place: Place, python: str, narrate: Narrate) -> Code:
    narrate("building the wheel")
    wheel = build_wheel(place, python, config.build.index)
    found = modules.modules_among(modules.wheel_files(wheel.path))
    return Code(
        Requirements(wheel.requires), wheel.version, (wheel.path, wheel.sha256), None, found
    )


def _index(config: AppConfig, _place: Place, _python: str, _narrate: Narrate) -> Code:
    return Code(Requirements((str(config.build.requirement),)))


def _tree(config: AppConfig, place: Place, python: str, narrate: Narrate) -> Code:
    project = static_project(place.folder)
    check_python(project.get("requires-python"), python, str(place.folder / "pyproject.toml"))
    wanted = _tree_requirements(config, place.folder, project)
    narrate("packaging the source tree")
    build_ = config.build
    selection = Selection(
        place.folder, tuple(config.data), tuple(build_.include), tuple(build_.exclude), narrate
    )
    tree = package(selection, place.work / NAME, narrate)
    found = modules.tree_modules(tree.files, config.wsgi.chdir, config.wsgi.pythonpath)
    version = config.version or str(project.get("version") or "0")
    return Code(wanted, version, None, tree, found)


KINDS = {"wheel": _wheel, "index": _index, "tree": _tree}


def _tree_requirements(config: AppConfig, folder: Path, project: dict[str, Any]) -> Requirements:
    """Return a tree's requirements: its files', else its pyproject's, else none."""
    named = config.build.requirements
    by_default = "requirements" not in config.build.model_fields_set
    if not by_default or any((folder / name).exists() for name in named):
        return requirements.read(named, folder)
    where = str(folder / "pyproject.toml")
    if "dependencies" in project.get("dynamic", []):
        what = "the tree's dependencies are dynamic: only a wheel build knows them"
        hint = "name the requirement files in .flipside-app: `build: requirements: [FILE]`"
        raise BuildError(what, where, hint)
    return Requirements(requirements.checked(project.get("dependencies", []), where))


def taken_from_index(code: Code, config: AppConfig, wheels: dict[Path, str]) -> Code:
    """Return the code with what is known of a package only once its wheel has come from the index.

    Args:
        code: What `KINDS` made; returned as it is unless the kind is index.
        config: The app's config.
        wheels: The release's wheels with their SHA-256 (hex).

    Raises:
        BuildError: `build: drop:` names the very package.
    """
    if config.build.kind != "index":
        return code
    name = canonicalize_name(Requirement(str(config.build.requirement)).name)
    parsed = {path: parse_wheel_filename(path.name) for path in wheels}
    path = next((path for path, (found, *_) in parsed.items() if found == name), None)
    if path is None:
        hint = "remove it from `build: drop:`"
        raise BuildError(f"`{name}` is not among its own release's wheels", ".flipside-app", hint)
    found = modules.modules_among(modules.wheel_files(path))
    return replace(code, version=str(parsed[path][1]), wheel=(path, wheels[path]), modules=found)
