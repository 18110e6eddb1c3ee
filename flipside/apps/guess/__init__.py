"""Guessing what `.flipside-app` should say of an existing project, from its code alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flipside.apps.guess import build, data, django, env, files, wsgi
from flipside.apps.guess.django import Django
from flipside.apps.guess.project import Guess, Project
from flipside.apps.guess.wsgi import Callable

__all__ = ["Guess", "Project", "as_mapping", "guess", "looks_like_one", "notes"]

TEMPLATE = "python-wsgi"
HEALTH = ("up", "healthz", "health", "_health", "healthcheck", "health-check", "livez", "ping")


def looks_like_one(project: Project) -> bool:
    """Say whether the folder holds a Python project at all."""
    marks = ("pyproject.toml", "setup.py", "requirements.txt")
    return any(project.has(mark) for mark in marks) or bool(project.modules)


def guess(project: Project) -> list[Guess]:
    """Return everything that can be guessed, in the order of `.flipside-app`."""
    found = django.find(project)
    return list(_django(found) if found else _other(project))


def notes(project: Project, guesses: Iterable[Guess]) -> list[str]:
    """Return what a person has to decide, in words."""
    said_of = {each.key: each.value for each in guesses}
    keys = said_of.keys()
    said = [
        f"{path} needs ${name}: `flipside app.config set {name}=...`, or `env:` in .flipside-app"
        for name, path in env.missing(project)
        if f"env.{name}" not in keys
    ]
    said += files.notes(project)
    said += [
        f"{path} takes packages from {address}: `build: index:` replaces it where that is gone"
        for path in said_of.get("build.requirements", [])
        for address in build.indexes(project, path)
    ]
    if "wsgi.callable" not in keys:
        said.append(
            "no WSGI callable was found: set `wsgi: callable: MODULE:NAME` in .flipside-app"
        )
    return said


def as_mapping(guesses: Iterable[Guess]) -> dict[str, Any]:
    """Return guesses as the nested mapping of a `.flipside-app`."""
    mapping: dict[str, Any] = {}
    for each in guesses:
        *sections, key = each.key.split(".")
        at = mapping
        for section in sections:
            at = at.setdefault(section, {})
        at[key] = each.value
    return mapping


def _django(found: Django) -> Iterator[Guess]:
    project = found.project
    yield Guess("template", TEMPLATE, f"a Django project: {found.told} names {found.settings}")
    places = [
        *django.data(found),
        *data.in_code(project, found.base),
        *data.on_disk(project, found.base),
    ]
    callable_ = list(django.wsgi(found))
    beside = found.place("STATIC_ROOT") or (places[0][0] if places else None)
    built = list(build.build(project, found.settings.partition(".")[0], beside, found.file))
    kind = built[0].value
    yield from built
    yield from _served(callable_, kind)
    yield from env.env(project)
    yield from files.files(project)
    yield from data.data(places)
    yield from django.steps(found, kind)
    yield from _static([*django.static(found)], "STATIC_ROOT and MEDIA_ROOT")
    yield _health(django.routes(found), ("/admin/",))
    yield from django.commands(kind)


def _other(project: Project) -> Iterator[Guess]:
    found = wsgi.find(project)
    routed = None if found else wsgi.routed(project)
    framework = next(
        (n for n in ("flask", "bottle", "falcon", "pyramid") if n in project.imports), None
    )
    what = f"an app on {framework.capitalize()}" if framework else "no framework is known"
    yield Guess("template", TEMPLATE, what)
    callable_ = list(
        wsgi.wsgi(project, found) if found else wsgi.wrapped(project, routed) if routed else ()
    )
    chdir = next((each.value for each in callable_ if each.key == "wsgi.chdir"), ".")
    places = [*data.in_code(project, chdir), *data.on_disk(project, chdir)]
    package = project.dotted(found.path).partition(".")[0] if found else None
    near = found.path if found else routed
    built = list(build.build(project, package, places[0][0] if places else None, near))
    kind = built[0].value
    yield from built
    yield from _served(callable_, kind)
    yield from env.env(project)
    if not any(each.key == "files" for each in callable_):
        yield from files.files(project)
    yield from data.data(places)
    yield from _flask(project, found, kind)
    yield _health(wsgi.routes(project), ())


def _served(guesses: list[Guess], kind: object) -> Iterator[Guess]:
    """Leave out folders of the tree where the code is installed instead."""
    folders = ("wsgi.chdir", "wsgi.pythonpath")
    yield from (each for each in guesses if kind == "tree" or each.key not in folders)


def _flask(project: Project, found: Callable | None, kind: str) -> Iterator[Guess]:
    if found:
        yield from wsgi.steps(project, found)
    yield from _static([*wsgi.static(project, kind)], "Flask's static folder")


def _static(entries: list[dict[str, str]], why: str) -> Iterator[Guess]:
    unique = list({entry["url"]: entry for entry in entries}.values())
    if unique:
        yield Guess("static", unique, why)


def _health(routes: list[tuple[str, str]], others: tuple[str, ...]) -> Guess:
    """Guess `health.path`: an address made for it, the front page, or whatever there is."""
    served = {address.strip("/"): (address, path) for address, path in reversed(routes)}
    for name in HEALTH:
        if name in served:
            return Guess("health.path", served[name][0], f"{served[name][1]} serves it")
    if "" in served or not routes:
        return Guess("health.path", "/", "the front page")
    known = [
        address
        for address in (*others, *(each for each, _ in routes))
        if address.strip("/") in served
    ]
    return Guess("health.path", known[0], "no front page was found")
