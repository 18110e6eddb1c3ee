"""What the objects of a folder's epoch are called, and of which kind they are."""

from __future__ import annotations

import re
from typing import Any

from flipside.backup import fields
from flipside.backup.names import Epoch

CONTENT, MANIFEST = b"F", b"M"
LIST_MOST = 32 << 20
"""Bytes of a manifest, of a piece of one, or of a mark, before it is packed."""
LAST = 99_999_999
"""The number of the last manifest that an epoch has room for."""
_CONTENT = re.compile(r"[0-9a-f]{64}")
_MANIFEST = re.compile(r".*/m/([0-9]{8})")


def content(epoch: Epoch, name: str) -> str:
    """Return the name of the object of a content."""
    return f"{contents(epoch)}{name}"


def contents(epoch: Epoch) -> str:
    """Return what the names of all contents begin with."""
    return f"{epoch.prefix}f/"


def manifest(epoch: Epoch, number: int) -> str:
    """Return the name of a manifest, counted from 1."""
    return f"{manifests(epoch)}{number:08d}"


def manifests(epoch: Epoch) -> str:
    """Return what the names of all manifests begin with."""
    return f"{epoch.prefix}m/"


def number_of(name: str) -> int | None:
    """Return the number of the manifest that goes by a name, if it is one."""
    found = _MANIFEST.fullmatch(name)
    return int(found[1]) if found else None


def content_names(found: Any) -> tuple[str, ...]:
    """Return names of contents that were read. Raises TypeError or ValueError if they are none."""
    names = tuple(fields.several(found))
    if not all(map(_CONTENT.fullmatch, names)):
        raise ValueError(names)
    return names
