"""What a release of the project is made from: `build`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from flipside.apps.guess.project import Guess, Project
from flipside.apps.tools import own_python

REQUIREMENTS = (
    "requirements.txt",
    "requirements/production.txt",
    "requirements/prod.txt",
    "requirements-prod.txt",
    "requirements/base.txt",
    "requirements/requirements.txt",
    "requirements/common.txt",
    "requirements.in",
)
PINNED_SERVERS = re.compile(r"^\s*(uwsgi)\b", re.IGNORECASE | re.MULTILINE)
INDEX = re.compile(r"^\s*(?:-i|--(?:extra-)?index-url)[\s=]+(\S+)", re.MULTILINE)
FORGOTTEN = {"pkg_resources": "setuptools<81", "setuptools": "setuptools"}
"""Modules that were once part of every environment, and what brings them.

Source: https://setuptools.pypa.io/en/latest/pkg_resources.html
"""
MINOR = re.compile(r"\b(3\.\d{1,2})\b")


def build(
    project: Project, package: str | None, beside: str | None, near: str | None = None
) -> Iterator[Guess]:
    """Guess `build`.

    Args:
        project: The project.
        package: The top-level package or module that holds the WSGI callable.
        beside: A file or folder that the code keeps beside itself, so that it cannot be installed.
        near: The file that the project starts from: its requirements lie beside it, or above.
    """
    kind = _kind(project, package, beside)
    found = requirements(project, near)
    yield kind
    if kind.value == "tree" and found:
        yield Guess("build.requirements", [found], "it is there")
    yield from _extra(project, found)
    yield from _drop(project, found)
    yield from python(project)


def _kind(project: Project, package: str | None, beside: str | None) -> Guess:
    system = build_system(project)
    if not system:
        return Guess("build.kind", "tree", "no build system: no [build-system], no setup.py")
    if not package or not packaged(project, package):
        return Guess("build.kind", "tree", f"{system}, but it does not package {package or 'it'}")
    if beside:
        why = f"{system}, but the code keeps {beside} beside itself"
        return Guess("build.kind", "tree", why)
    return Guess("build.kind", "wheel", f"{system}, which packages {package}")


def build_system(project: Project) -> str | None:
    """Say what builds the project's wheel; None when nothing does."""
    poetry = project.pyproject.get("tool", {}).get("poetry", {})
    if poetry.get("package-mode") is False:
        return None
    if "build-system" in project.pyproject:
        return "pyproject.toml has a [build-system]"
    return "setup.py is there" if re.search(r"\bsetup\(", project.text("setup.py")) else None


def packaged(project: Project, package: str) -> bool:
    """Say whether the wheel would hold the top-level `package`.

    Build backends pack the package that is named as the project is, and those that they are told
    to; setuptools alone finds others, where there is only one of them, or a src folder.
    """
    if project.has(f"src/{package}/__init__.py"):
        return True
    said = project.pyproject.get("project", {}).get("name") or ""
    said = said or project.pyproject.get("tool", {}).get("poetry", {}).get("name") or ""
    if re.sub(r"[-_.]+", "_", said).lower() == package.lower():
        return project.has(package) or project.has(f"{package}.py")
    told = str(project.pyproject.get("tool", {}))
    told += project.text("setup.py") + project.text("setup.cfg")
    searched = "find_packages" in told or "find:" in told or "'find'" in told
    if searched and project.has(f"{package}/__init__.py"):
        return True
    return bool(re.search(rf"\b{re.escape(package)}\b", told))


def requirements(project: Project, near: str | None) -> str | None:
    """Return the requirements file of the code at `near`: the nearest, in its folder or above."""
    folders = [*PurePosixPath(near).parents] if near else [PurePosixPath()]
    paths = (str(folder / name) for folder in folders for name in REQUIREMENTS)
    return next((path for path in paths if project.has(path)), None)


def base(project: Project, near: str) -> str | None:
    """Return the folder within the tree that the project at `near` begins in; None if at its top."""
    found = requirements(project, near)
    names = (name for name in REQUIREMENTS if found and found.endswith(f"/{name}"))
    # The longest name: of backend/requirements/base.txt the folder is backend.
    name = max(names, key=len, default=None)
    return found.removesuffix(f"/{name}") if found and name and found != name else None


def indexes(project: Project, path: str) -> list[str]:
    """Return the addresses of the indexes that a requirements file names."""
    return INDEX.findall(project.text(path))


def _extra(project: Project, found: str | None) -> Iterator[Guess]:
    said = project.text(found or "pyproject.toml")
    missing = [name for name in FORGOTTEN if name in project.imports]
    if missing and not re.search(r"^[\s\"']*setuptools\b", said, re.MULTILINE):
        why = f"{missing[0]} is imported, and no requirement names setuptools"
        yield Guess("build.extra", [FORGOTTEN[missing[0]]], why)


def _drop(project: Project, found: str | None) -> Iterator[Guess]:
    if found and PINNED_SERVERS.search(project.text(found)):
        why = f"{found} names it, and the platform brings pyuwsgi"
        yield Guess("build.drop", ["uwsgi"], why)


def python(project: Project) -> Iterator[Guess]:
    """Guess `build.python`: what a file pins, or else the oldest that the project allows."""
    for path in (".python-version", "runtime.txt"):
        pinned = MINOR.search(project.text(path))
        if pinned:
            yield Guess("build.python", pinned[1], f"{path} says so")
            return
    allowed: Any = project.pyproject.get("project", {}).get("requires-python")
    if isinstance(allowed, str) and (version := oldest(allowed)):
        yield Guess("build.python", version, f"pyproject.toml requires Python {allowed}")


def oldest(allowed: str) -> str | None:
    """Return the oldest minor version that fits where this Python does not fit; None where it does."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        specifiers = SpecifierSet(allowed)
    except InvalidSpecifier:
        return None
    # A patch level this high passes `>=3.12.3` and `~=3.12.1`; none of a minor version's is left out.
    fits = [f"3.{minor}" for minor in range(8, 30) if specifiers.contains(f"3.{minor}.99")]
    return None if own_python() in fits or not fits else fits[0]
