"""What restores set aside."""

from __future__ import annotations

import re
from pathlib import Path

KEPT = re.compile(r"(.*)\.replaced-\d{8}T\d{6}-[0-9a-f]{4}(-wal|-shm|-journal)?", re.DOTALL)


def kept(folder: Path) -> dict[str, str]:
    """What was set aside in a folder, by what it was called."""
    found = [path for path in folder.rglob("*") if KEPT.fullmatch(path.name)]
    named = {path: KEPT.sub(r"\1\2", path.name) for path in found}
    return {
        str(path.relative_to(folder).with_name(name)): path.read_text()
        for path, name in named.items()
        if path.is_file() and not path.is_symlink()
    }
