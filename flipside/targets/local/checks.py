"""What can be checked of a local platform that does not run: nothing on it can be asked then."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flipside.targets import packages, ports
from flipside.targets.local import supervisor

Check = dict[str, Any]
BOOTSTRAP = "flipside platform.bootstrap"


def checks(root: Path, run: Path) -> list[Check]:
    """Return ``{"name", "ok", "detail", "next"}`` of each check, as the verb `doctor` does."""
    found = [_packages(), _made(root), _runtime(run), _supervisord(run)]
    return [*found, *_ports(root, run), _disk(root.parent)]


def _check(name: str, *, ok: bool, detail: str, advice: str) -> Check:
    return {"name": name, "ok": ok, "detail": detail, "next": None if ok else advice}


def _packages() -> Check:
    missing = [package.name for package in packages.missing()]
    detail = f"missing: {', '.join(missing)}" if missing else "all are installed"
    return _check("packages", ok=not missing, detail=detail, advice=BOOTSTRAP)


def _made(root: Path) -> Check:
    made = (root / "etc/layout.json").exists()
    detail = str(root) if made else f"{root} is not there, or half made"
    return _check("state folder", ok=made, detail=detail, advice=BOOTSTRAP)


def _runtime(run: Path) -> Check:
    try:
        ours = run.stat().st_uid == os.getuid()
    except OSError:
        return _check("runtime folder", ok=False, detail=f"{run} is gone", advice=BOOTSTRAP)
    detail = str(run) if ours else f"{run} belongs to somebody else"
    advice = "set another `runtime:` in .flipside-platform"
    return _check("runtime folder", ok=ours, detail=detail, advice=advice)


def _supervisord(run: Path) -> Check:
    number = supervisor.pid(run)
    detail = f"runs as process {number}" if number else "does not run, and so nothing else does"
    return _check("supervisord", ok=number is not None, detail=detail, advice=BOOTSTRAP)


def _ports(root: Path, run: Path) -> Iterator[Check]:
    if supervisor.pid(run):
        return
    advice = "end the program that has it (ss -ltnp), or set another `http_port:`"
    for name, port in ports.load(root / "etc/ports.json").items():
        free = ports.is_free(port)
        detail = f"port {port} is {'free' if free else 'taken by another program'}"
        yield _check(f"{name} port", ok=free, detail=detail, advice=advice)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    low = 500 * 1000**2
    advice = "make room: less than 500 MB is free"
    return _check("disk", ok=free > low, detail=f"{free // 1000**2} MB free", advice=advice)
