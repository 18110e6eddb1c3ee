"""The search for canaries in what /proc tells of processes."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from e2e.canaries import Canary, look


@dataclass(frozen=True)
class Sighting:
    """A canary in what /proc tells of a process: in its ``cmdline`` or ``environ``."""

    pid: int
    uid: int
    cwd: str
    program: str
    where: str
    canary: str
    form: str


def processes(
    canaries: list[Canary], closed: list[str] | None = None, *, owners: bool = False
) -> set[Sighting]:
    """Look into the command line and the environment of every process.

    Args:
        canaries: What to look for.
        closed: Gets the paths of what nobody could look into, and the programs' names.
        owners: Whether to look as each process's owner: root in a container has not all rights of
            root. The whole of this process becomes those, one by one.
    """
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    read = _as_owner if owners and os.geteuid() == 0 else Path.read_bytes
    found: set[Sighting] = set()
    for path in [Path(f"/proc/{pid}/{where}") for pid in pids for where in ("cmdline", "environ")]:
        try:
            if hits := list(look(read(path), canaries)):
                found |= {Sighting(*_whose(path.parent), path.name, *hit) for hit in hits}
        except PermissionError:
            if closed is not None:
                closed.append(f"{path} of {path.with_name('comm').read_text().strip()}")
        except OSError:
            continue  # it has ended
    return found


def _as_owner(path: Path) -> bytes:
    owner = path.parent.stat()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        return path.read_bytes()
    finally:
        os.seteuid(0)
        os.setegid(0)


def _whose(path: Path) -> tuple[int, int, str, str]:
    try:
        links = [str((path / link).readlink()) for link in ("cwd", "exe")]
    except PermissionError:
        links = ["?", "?"]
    return int(path.name), path.stat().st_uid, links[0], links[1]


class Watch(threading.Thread):
    """Look at all processes again and again while the block runs.

    Attributes:
        canaries: What to look for; more may be added.
        seen: What was seen until now.
    """

    def __init__(self, canaries: list[Canary], *, owners: bool = False) -> None:
        super().__init__(daemon=True)
        self.canaries, self._owners = canaries, owners
        self.seen: set[Sighting] = set()
        self._end = threading.Event()

    def run(self) -> None:
        while not self._end.wait(0.05):
            self.seen |= processes([*self.canaries], owners=self._owners)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()
