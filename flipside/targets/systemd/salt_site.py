"""Salt's own venv on a machine: packed here from pinned wheels, so that the machine needs no index."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flipside.errors import MachineError
from flipside.salt import config

if TYPE_CHECKING:
    from flipside.targets.base import Machine, Narrate
    from flipside.targets.systemd.preflight import Facts

LOCK = Path(config.__file__).with_name("requirements.lock")
SCRIPT = Path(__file__).with_name("venv.sh")
# Programs that the machine's code runs; the others start with this computer's own Python.
PROGRAMS = ("uv",)
_KEPT_SECONDS = 30 * 24 * 3600


def install(machine: Machine, facts: Facts, narrate: Narrate) -> bool:
    """Make the venv unless it is there, whole, and of this lock; return whether it was made.

    Args:
        machine: The machine.
        facts: Its facts.
        narrate: Told of what takes long.

    Raises:
        MachineError: If the wheels cannot be had, or the machine cannot unpack them.
    """
    wanted = digest(facts)
    if facts.get("venv") == wanted:
        return False
    packed, sent = archive(facts), machine.root / "var/salt.tar.gz"
    narrate(f"sending {packed.stat().st_size // 1000**2} MB for Python {facts.python}")
    machine.put(packed, sent)
    argv = ["sh", "-s", str(machine.root), str(sent), wanted]
    machine.run(argv, stdin=SCRIPT.read_bytes())
    return True


def digest(facts: Facts) -> str:
    """Return a SHA-256 in hex over all that makes the venv what it is."""
    text = f"{facts.python}\n{facts.architecture}\n".encode()
    return hashlib.sha256(text + LOCK.read_bytes() + SCRIPT.read_bytes()).hexdigest()


def command(uv: str, folder: Path, facts: Facts) -> list[str]:
    """Return the command that fills a folder with what a machine's Python can import.

    Args:
        uv: The uv program.
        folder: The folder.
        facts: The machine's Python and architecture.
    """
    pip = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    platform = f"{facts.architecture}-manylinux_2_28"
    # What comes as source is built by the Python here: it is the same for all.
    where = ["--python", sys.executable, "--target", str(folder)]
    wanted = ["--python-version", facts.python, "--python-platform", platform]
    return [*pip, *where, *wanted, "--requirements", str(LOCK)]


def archive(facts: Facts) -> Path:
    """Return the venv's content as an archive; made once and kept in the user's cache.

    Raises:
        MachineError: If uv cannot have the wheels, as without a network.
    """
    kept = _cache() / f"{digest(facts)}.tar.gz"
    if kept.exists():
        kept.touch()
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".") as temporary:
        folder, packed = Path(temporary, "site"), Path(temporary, kept.name)
        _fill(folder, facts)
        with tarfile.open(packed, "w:gz", compresslevel=6) as tar:
            for path, name in members(folder, facts.python):
                tar.add(path, name, filter=_readable)
        packed.replace(kept)
    _prune(kept.parent)
    return kept


def _prune(folder: Path) -> None:
    """Remove archives that nobody has used for long, and what was begun and killed."""
    for path in folder.iterdir():
        if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def members(folder: Path, python: str) -> Iterator[tuple[Path, str]]:
    """Yield what goes into the archive, and its path in a venv of that Python."""
    for path in sorted(folder.iterdir()):
        if path.name not in ("bin", "share"):
            yield path, f"lib/python{python}/site-packages/{path.name}"
    for name in PROGRAMS:
        yield folder / "bin" / name, f"bin/{name}"


def _readable(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Open a member to all of the machine's users, whatever the umask was here."""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _fill(folder: Path, facts: Facts) -> None:
    from uv import find_uv_bin

    argv = command(find_uv_bin(), folder, facts)
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(done.stderr.strip(), " ".join(argv), "see to that, and try again")
    # Those of a build would differ each time.
    for compiled in folder.rglob("__pycache__"):
        shutil.rmtree(compiled)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "flipside/salt"
