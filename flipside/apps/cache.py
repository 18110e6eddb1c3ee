"""The user's cache of wheels: an entry is there whole, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from flipside.errors import BuildError

MARKER = "complete.json"
UNFINISHED = ".new-"
DAY = 86400


def cache_root() -> Path:
    """Return the user's cache of wheels. Source: XDG Base Directory Specification."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "flipside" / "wheels"


def sha256(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def seal(folder: Path) -> dict[str, str]:
    """Write the marker that says what a whole entry holds; return its wheels' SHA-256 by name."""
    names = {path.name: sha256(path) for path in sorted(folder.glob("*.whl"))}
    (folder / MARKER).write_text(json.dumps(names), encoding="utf-8")
    return names


def intact(entry: Path) -> dict[Path, str] | None:
    """Return the entry's wheels, or None where it is absent or no longer what it was."""
    try:
        known = json.loads((entry / MARKER).read_text(encoding="utf-8"))
        wheels = {entry / name: str(digest) for name, digest in known.items()}
        return wheels if all(sha256(path) == digest for path, digest in wheels.items()) else None
    except (OSError, ValueError, AttributeError):
        return None


@contextlib.contextmanager
def new_entry(entry: Path) -> Iterator[Path]:
    """Give a new folder that becomes the entry when the block ends well, and is gone otherwise."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        _sweep(entry.parent)
        new = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=entry.parent))
        try:
            yield new
            _put(new, entry)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as e:
        hint = "free some space or make it writable, then build again"
        raise BuildError(
            f"cannot fill the cache of wheels: {e.strerror}", str(entry.parent), hint
        ) from e


def _put(new: Path, entry: Path) -> None:
    """Rename the new folder into place; a faster build's entry is as good."""
    if entry.exists() and intact(entry) is None:
        # A rename replaces no folder that has content: the damaged one goes aside.
        entry.rename(new.with_name(new.name + ".damaged"))
        shutil.rmtree(new.with_name(new.name + ".damaged"), ignore_errors=True)
    try:
        new.rename(entry)
    except OSError:
        if intact(entry) is None:
            raise


def _sweep(root: Path) -> None:
    """Remove what builds that were killed more than a day ago have left."""
    for left in root.glob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > DAY:
                shutil.rmtree(left, ignore_errors=True)
