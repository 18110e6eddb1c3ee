"""`.flipside-lock`: the exact versions of an app's dependencies, made to be committed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from flipside.apps.requirements import is_local
from flipside.apps.resolve import PYUWSGI, Place, Request, resolve
from flipside.errors import BuildError

LOCK = ".flipside-lock"
HEADER = """\
# The exact versions of this app's dependencies, chosen by Flipside. Commit this file: whoever
# builds the app next gets the same ones, and nothing is resolved until what it asks for changes.
# inputs: sha256:{inputs}
"""
INPUTS = re.compile(r"^# inputs: sha256:([0-9a-f]{64})$", re.MULTILINE)
CONFLICT = re.compile(r"^(<{7}|={7}|>{7})", re.MULTILINE)
PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


def lock(
    request: Request, place: Place, narrate: Callable[[str], None], *, upgrade: bool = False
) -> str:
    """Return the lock's text; resolve and write it only when the request has changed since.

    Args:
        request: What to resolve.
        place: Where.
        narrate: Told what happens, a line at a time.
        upgrade: Resolve again and take the newest versions.

    Raises:
        BuildError: No versions fit, an index cannot be reached, or the lock cannot be written.
    """
    inputs = inputs_hash(request, place.folder)
    path = place.folder / LOCK
    known = _known(path)
    if not upgrade and _inputs_of(known) == inputs:
        return known
    narrate("resolving dependencies" if not upgrade else "resolving dependencies anew")
    pins = resolve(request, place, "" if upgrade else known, upgrade=upgrade)
    text = HEADER.format(inputs=inputs) + pins
    write(path, text)
    narrate(f"wrote {LOCK}: {pins.count('==')} packages; commit it")
    return text


def inputs_hash(request: Request, folder: Path) -> str:
    """Return the SHA-256 (hex) of everything that decides the lock."""
    local = {
        line: _project_files(line, folder) for line in request.requirements.wanted if is_local(line)
    }
    whole = {"request": asdict(request), "pyuwsgi": PYUWSGI, "local": local}
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def write(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        BuildError: The folder cannot be written, or the disk is full.
    """
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=path.name, delete=False, encoding="utf-8"
        ) as new:
            try:
                new.write(text)
                new.flush()
                os.fchmod(new.fileno(), 0o644)
                Path(new.name).replace(path)
            except BaseException:
                Path(new.name).unlink()
                raise
    except OSError as e:
        raise BuildError(
            f"cannot write {path.name}: {e.strerror}",
            str(path),
            "make the folder writable, then build again",
        ) from e


def _known(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as e:
        raise BuildError(f"cannot read {path.name}: {e}", str(path), f"rm {path}") from e
    # Two branches that both changed it: neither side's choice is worth keeping.
    return "" if CONFLICT.search(text) else text


def _inputs_of(text: str) -> str | None:
    found = INPUTS.search(text)
    return found[1] if found else None


def _project_files(line: str, folder: Path) -> dict[str, str]:
    path = line.rpartition(" @ ")[2].removeprefix("-e").strip().removeprefix("file://")
    target = folder / path.partition("[")[0]
    files = [target] if target.is_file() else [target / name for name in PROJECT_FILES]
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}
