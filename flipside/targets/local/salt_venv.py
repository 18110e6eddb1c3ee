"""Salt's own venv: made from its lock, and made anew when it is not whole."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from flipside.errors import MachineError
from flipside.salt import config

LOCK = Path(config.__file__).with_name("requirements.lock")
# What must be importable for the venv to count as whole; one of each kind of wheel.
WHOLE = "import salt.version, supervisor, uv, zmq"


def install(venv: Path) -> bool:
    """Make the venv unless it is there, whole, and of this lock; return whether it was made.

    Raises:
        MachineError: If uv cannot make it, as without a network.
    """
    stamp = venv / "flipside.sha256"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest and _is_whole(venv):
        return False
    for argv in commands(_uv(), sys.executable, venv):
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MachineError(done.stderr.strip(), " ".join(argv), "see to that, and try again")
    stamp.write_text(digest)
    return True


def commands(uv: str, python: str, venv: Path) -> list[list[str]]:
    """Return what makes the venv: uv's own commands, bytecode included."""
    make = [uv, "venv", "--quiet", "--clear", "--python", python, str(venv)]
    fill = [uv, "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--compile-bytecode"]
    return [make, [*fill, "--python", f"{venv}/bin/python", "--requirements", str(LOCK)]]


def _uv() -> str:
    from uv import find_uv_bin

    return str(find_uv_bin())


def _is_whole(venv: Path) -> bool:
    try:
        argv = [f"{venv}/bin/python", "-c", WHOLE]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
