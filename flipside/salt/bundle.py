"""What is sent to a machine: Salt's states and pillar, and the code that runs there."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import flipside
from flipside.data import data_root

if TYPE_CHECKING:
    from collections.abc import Iterator

# The part of the package that runs on the machine.
CODE = ("__init__.py", "errors.py", "sqlite_files.py", "backup", "machine", "secrets")
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")
# They are sent by themselves, sheet by sheet.
SECRETS = shutil.ignore_patterns("secrets")


def make(folder: Path, own_pillar: Path | None) -> str:
    """Lay everything that a machine needs into ``folder``, and return its hash.

    Args:
        folder: An empty folder; it gets ``lib/flipside`` and ``srv/{salt,pillar,pillar-own}``.
        own_pillar: The ``pillar/`` beside ``.flipside-platform``, if there is one.

    Returns:
        A SHA-256 in hex over all names and contents: equal bundles have equal hashes.
    """
    package = Path(flipside.__file__).parent
    for name in CODE:
        _copy(package / name, folder / "lib/flipside" / name)
    for name in ("salt", "pillar"):
        _copy(data_root() / name, folder / "srv" / name)
    if own_pillar and own_pillar.is_dir():
        shutil.copytree(own_pillar, folder / "srv/pillar-own", ignore=SECRETS)
    else:
        (folder / "srv/pillar-own").mkdir()
    return hashlib.sha256(sums(folder).encode()).hexdigest()


def sums(folder: Path) -> str:
    """Return a line for each file, in order, as `sha256sum --check` reads them."""
    return "".join(f"{_digest(path)}  {path.relative_to(folder)}\n" for path in _files(folder))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=IGNORED)
    else:
        shutil.copy2(source, target)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())
