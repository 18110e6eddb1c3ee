"""Whether the WSGI module is in what was packaged: found out before a release is made."""

from __future__ import annotations

import difflib
import posixpath
import re
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

from flipside.errors import BuildError

SHOWN = 12
PURE = re.compile(r"^[^/]+\.data/(purelib|platlib)/")
SUFFIX = re.compile(r"(/__init__)?(\.[\w-]+)?\.(py|pyc|so|pyd)$")


def module_of(callable_: str) -> str:
    """Return a WSGI callable's module: ``guestbook.wsgi:application`` -> ``guestbook.wsgi``."""
    return callable_.partition(":")[0]


def modules_among(files: Iterable[str]) -> set[str]:
    """Return the dotted names of the modules among the paths of a folder on Python's path."""
    names = {SUFFIX.sub("", PURE.sub("", f)) for f in files if SUFFIX.search(f)}
    return {
        name.replace("/", ".") for name in names if all(p.isidentifier() for p in name.split("/"))
    }


def wheel_files(wheel: Path) -> list[str]:
    """Return the paths in a wheel.

    Raises:
        BuildError: It is no zip file.
    """
    try:
        with zipfile.ZipFile(wheel) as z:
            return z.namelist()
    except zipfile.BadZipFile as e:
        raise BuildError(f"not a wheel: {e}", str(wheel), f"rm {wheel}, then build again") from e


def tree_modules(files: Iterable[str], chdir: str, pythonpath: Iterable[str]) -> set[str]:
    """Return the modules that a tree's files give, seen from each folder on Python's path."""
    files = list(files)
    found: set[str] = set()
    for folder in (chdir, *pythonpath):
        prefix = posixpath.normpath(folder) + "/"
        below = (
            files
            if prefix == "./"
            else [f.removeprefix(prefix) for f in files if f.startswith(prefix)]
        )
        found |= modules_among(below)
    return found


def check(callable_: str, own: set[str], what: str, wheels: Iterable[Path]) -> None:
    """Refuse a WSGI callable whose module is nowhere in the release.

    Args:
        callable_: ``MODULE:NAME``.
        own: The app's own modules.
        what: What these are in: ``the wheel`` or ``the tree``.
        wheels: The dependencies, looked into when it is not the app's own.

    Raises:
        BuildError: Says what there is instead.
    """
    module = module_of(callable_)
    if module in own or module in sys.stdlib_module_names:
        return
    if any(module in modules_among(wheel_files(wheel)) for wheel in wheels):
        return
    raise BuildError(
        f"{what} has no module `{module}`; it has {_summary(module, own)}",
        f".flipside-app: wsgi: callable: {callable_}",
        f"name the right module in `wsgi: callable:`, or have {what} include `{module}`",
    )


def _summary(module: str, own: set[str]) -> str:
    near = difflib.get_close_matches(module, own, SHOWN // 2)
    tops = sorted({name.partition(".")[0] for name in own})
    named = list(dict.fromkeys([*near, *tops]))
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return (", ".join(f"`{name}`" for name in named[:SHOWN]) + more) or "no module at all"
