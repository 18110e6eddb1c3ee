"""Where the peers come from: Litestream from npm, which has its binary, the others from Debian."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@flydotio/litestream-linux-x64@1.0.1"
VERSION = "v0.3.13"
SHA256 = "bbd8b9baa5bd9ae35318bececace384247b71fed4269a3e3cb8a8ac3f6c957bb"


@functools.cache
def litestream() -> Path:
    """Litestream 0.3.13, from the cache or else from npm's registry; it must be the binary known here."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = base / "flipside-benchmarks" / f"litestream-{VERSION}"
    if not target.exists():
        _fetch(target)
    if hashlib.sha256(target.read_bytes()).hexdigest() != SHA256:
        sys.exit(f"{target} is not Litestream {VERSION}: remove it, and it is fetched again")
    return target


def _fetch(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        argv = [installed("npm"), "pack", "--silent", PACKAGE]
        subprocess.run(argv, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (packed,) = Path(folder).glob("*.tgz")
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        with tarfile.open(packed) as archive, fresh.open("wb") as file:
            shutil.copyfileobj(archive.extractfile("package/litestream") or sys.exit(PACKAGE), file)
    fresh.chmod(0o755)
    fresh.replace(target)


def installed(program: str) -> str:
    """A program of Debian's, which must be there."""
    if not shutil.which(program):
        sys.exit(f"{program} is not installed: apt install restic borgbackup npm")
    return program
