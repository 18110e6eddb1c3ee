"""`app.bootstrap`: a new app from a template, or a `.flipside-app` for an existing project."""

from __future__ import annotations

import keyword
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from flipside.apps.guess import Guess, Project, as_mapping, guess, looks_like_one, notes
from flipside.config.load import APP_FILE, load_app
from flipside.config.read import read_source
from flipside.config.save import write_app
from flipside.config.template import (
    META,
    fill,
    template_defaults,
    template_names,
    templates_folder,
)
from flipside.errors import FlipsideError
from flipside.machine.merge import merge

DEFAULT = "python-django-sqlite"
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SKELETON = "skeleton"
TAKEN = {"asgiref", "django", "manage", "pymemcache", "sqlparse", "test", "tests"}
"""Packages that a project of ours imports: one of the same name would hide them."""


@dataclass(frozen=True)
class Bootstrapped:
    """What `bootstrap` did.

    Args:
        path: The app's folder, absolute.
        written: The files written, absolute, sorted.
        guessed: What was guessed from existing code; empty for a new app.
        notes: What a person has to decide before the first deploy, in words.
    """

    path: Path
    written: list[Path]
    guessed: list[Guess] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def list_templates(templates: Path | None = None) -> dict[str, str]:
    """Return the templates' names and what each is for."""
    folder = templates or templates_folder()
    metas = {name: read_source(folder / name / META) for name in template_names(folder)}
    return {name: str(meta.document.data.get("description", "")) for name, meta in metas.items()}


def bootstrap(
    name: str, folder: Path, template: str | None = None, templates: Path | None = None
) -> Bootstrapped:
    """Make an app in `folder`, whole or not at all.

    A folder that is missing or empty gets the template's skeleton. One with a project gets a
    `.flipside-app` and nothing else, its values guessed from the code.

    Args:
        name: The app's name.
        folder: Where it is, or shall be.
        template: The template; if absent `python-django-sqlite` for a new app, and whatever
            suits the code for an existing one.
        templates: The folder of the app templates, Flipside's own if None.

    Raises:
        NotFoundError: No template goes by that name.
        FlipsideError: The name is no DNS label, or the folder cannot take an app.
    """
    check_name(name)
    template_defaults(template or DEFAULT, name, "--template", templates)
    folder = Path(os.path.normpath(folder.absolute()))
    _check_folder(folder, name)
    try:
        if _is_empty(folder):
            return _create(name, folder, template or DEFAULT, templates)
        return _adopt(name, folder, template, templates)
    except OSError as error:
        what = f"cannot write the app: {error.strerror or error}"
        raise FlipsideError(what, str(error.filename or folder), "mend that, then again") from error


def check_name(name: str) -> None:
    """Raise FlipsideError where an app cannot have this name."""
    if LABEL.fullmatch(name):
        return
    label = re.sub(r"[^a-z0-9]+", "-", name.lower())[:63].strip("-")
    hint = f"flipside app.bootstrap {label}" if label else "flipside app.bootstrap my-app"
    what = f"`{name}` cannot be an app's name: 1 to 63 lowercase letters, digits and inner hyphens"
    raise FlipsideError(what, "NAME", hint)


def _check_folder(folder: Path, name: str) -> None:
    if folder.exists() and not folder.is_dir():
        what = "a file stands where the app's folder should be"
        raise FlipsideError(what, str(folder), f"flipside app.bootstrap {name} -d OTHER_FOLDER")
    path = folder / APP_FILE
    if os.path.lexists(path):
        what = f"the folder exists and holds an app already: it has a {APP_FILE}"
        hint = f"flipside app.bootstrap {name} -d OTHER_FOLDER, or edit that file"
        raise FlipsideError(what, str(path), hint)


def _is_empty(folder: Path) -> bool:
    """Say whether nothing lies there yet; a fresh `git init` counts as nothing."""
    return not folder.exists() or all(each.name == ".git" for each in folder.iterdir())


def _create(name: str, folder: Path, template: str, templates: Path | None) -> Bootstrapped:
    skeleton = (templates or templates_folder()) / template / SKELETON
    if any("{{ package }}" in path.name for path in skeleton.iterdir()):
        _check_package(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=folder.parent) as scratch:
        made = Path(scratch) / "app"
        files = render(skeleton, made, words(name))
        load_app(made, templates)
        _move(made, folder)
    return Bootstrapped(folder, sorted(folder / file for file in files))


def words(name: str) -> dict[str, str]:
    """Return the placeholders that a skeleton may use, as `meta.yml` may.

    `quoted` is the name as YAML takes it for text: `no`, `null` and `123` are not.
    """
    yaml = YAML(typ="safe")
    yaml.version = (1, 1)  # of which `no` and `on` are no text
    quoted = name if isinstance(yaml.load(name), str) else f'"{name}"'
    return {"name": name, "quoted": quoted, "package": name.replace("-", "_")}


def _check_package(name: str) -> None:
    package = words(name)["package"]
    taken = package in TAKEN or package in sys.stdlib_module_names
    if package.isidentifier() and not keyword.iskeyword(package) and not taken:
        return
    why = "would hide the one that Python or Django imports" if taken else "Python cannot import"
    what = f"`{name}` cannot be this app's name: its package would be `{package}`, which {why}"
    raise FlipsideError(what, "NAME", f"flipside app.bootstrap my-{name}")


def render(skeleton: Path, folder: Path, values: dict[str, str]) -> list[Path]:
    """Copy a skeleton with its placeholders replaced, in names as in contents.

    Args:
        skeleton: The skeleton.
        folder: Where the copy goes.
        values: What replaces each placeholder.

    Returns:
        The files written, relative to the folder. Files that are no text are copied as they are.
    """
    written = []
    for source in sorted(skeleton.rglob("*")):
        if not source.is_file() or "__pycache__" in source.parts:
            continue
        relative = Path(fill(source.relative_to(skeleton).as_posix(), values))
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.write_text(fill(source.read_text("utf-8"), values), "utf-8")
        except UnicodeDecodeError:
            shutil.copyfile(source, target)
        shutil.copymode(source, target)
        written.append(relative)
    return written


def _move(made: Path, folder: Path) -> None:
    """Move what was made to its place: by one rename, or entry by entry where a folder waits.

    A folder that exists is kept, because a shell may stand in it.
    """
    if not folder.exists():
        made.rename(folder)
        return
    moved: list[Path] = []
    try:
        # The .flipside-app last: with it the folder is an app.
        for entry in sorted(made.iterdir(), key=lambda entry: entry.name == APP_FILE):
            entry.rename(folder / entry.name)
            moved.append(folder / entry.name)
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _adopt(name: str, folder: Path, template: str | None, templates: Path | None) -> Bootstrapped:
    project = Project(folder)
    if not looks_like_one(project):
        what = "the folder exists and holds something, but no Python project"
        hint = f"flipside app.bootstrap {name} -d NEW_FOLDER"
        raise FlipsideError(what, str(folder), hint)
    guessed = guess(project)
    if template:
        given = Guess("template", template, "you asked for it")
        guessed = [given, *(each for each in guessed if each.key != "template")]
    write_app(folder / APP_FILE, _said(name, guessed, templates), templates)
    return Bootstrapped(folder, [folder / APP_FILE], guessed, notes(project, guessed))


def _said(name: str, guessed: list[Guess], templates: Path | None) -> dict[str, Any]:
    """Return what `.flipside-app` has to say: steps and static files too, where there are none.

    Otherwise the template's own would apply to a project that it did not make.
    """
    mapping = merge({"name": name}, as_mapping(guessed))
    defaults = template_defaults(mapping["template"], name, None, templates).document.data
    for key in ("static", "secrets"):
        if key in defaults:
            mapping.setdefault(key, [])
    for key in defaults.get("steps", {}):
        mapping.setdefault("steps", {}).setdefault(key, [])
    return mapping
