"""Wheels made normal: the same content is the same bytes, whenever and wherever it was built."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

FIRST_DATE = (1980, 1, 1, 0, 0, 0)
UNIX = 3
EXECUTABLE = 0o100
REGULAR = 0o100000


def mode_of(*, executable: bool) -> int:
    """Return a packaged file's mode: 0755 when its owner may execute it, else 0644."""
    return 0o755 if executable else 0o644


def normalise(wheel: Path) -> str:
    """Rewrite a wheel with sorted members, one date and two modes; return its SHA-256 (hex).

    Backends differ in what of SOURCE_DATE_EPOCH and the umask they let through. A wheel's own
    RECORD lists contents only, so it stays true.
    """
    new = wheel.with_name(wheel.name + ".new")
    with (
        zipfile.ZipFile(wheel) as source,
        zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in sorted(source.infolist(), key=lambda m: m.filename):
            if not member.is_dir():
                target.writestr(_normal(member), source.read(member))
    new.replace(wheel)
    return hashlib.sha256(wheel.read_bytes()).hexdigest()


def _normal(member: zipfile.ZipInfo) -> zipfile.ZipInfo:
    normal = zipfile.ZipInfo(member.filename, FIRST_DATE)
    normal.compress_type = zipfile.ZIP_DEFLATED
    normal.create_system = UNIX
    executable = bool(member.external_attr >> 16 & EXECUTABLE)
    normal.external_attr = (REGULAR | mode_of(executable=executable)) << 16
    return normal
