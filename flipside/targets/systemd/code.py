"""States, pillar and the machine's own code: sent whole, and only when they differ."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.salt import bundle

if TYPE_CHECKING:
    from flipside.targets.base import Machine
    from flipside.targets.systemd.preflight import Facts


def sync(machine: Machine, facts: Facts, own_pillar: Path) -> bool:
    """Bring a machine's code and states up to date; return whether they were not.

    Its sums lie among the states, which come last: a cut in between leaves sums that do not hold.

    Args:
        machine: The machine.
        facts: What it said of the code that it has.
        own_pillar: The ``pillar/`` beside ``.flipside-platform``.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        digest = bundle.make(folder, own_pillar)
        if facts.get("code") == digest:
            return False
        (folder / "srv/bundle.sums").write_text(bundle.sums(folder))
        _open(folder)
        machine.run(["touch", f"{machine.root}/var/news"])
        for part in ("lib", "srv"):
            machine.put(folder / part, machine.root / part)
    return True


def _open(folder: Path) -> None:
    """Open all to the machine's users, whatever the umask was here, but what may hold secrets."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    (folder / "srv").chmod(0o700)
