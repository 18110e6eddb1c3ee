"""Wheels unpacked and compiled once per machine; every release is linked together from them.

Compiling Django's bytecode takes longer than all else in an install, and a release's own folder is
no place to take files from: its steps may have written there. So each wheel is kept as uv
installed it, under its SHA-256, whatever release it was first needed by.

Code is hardlinked: one copy on the disk and in the page cache, whatever the number of releases.
Everything else is copied: a `collectstatic` into site-packages may write a file in place, which
must never reach another release.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from flipside.errors import MachineError
from flipside.machine import installed, uv
from flipside.machine.files import locked, read_json, write_json
from flipside.machine.layout import Layout

_INDEX = "files.json"
_ATTEMPTS = 3
_CODE = (".py", ".pyc", ".pyi", ".so", ".mo", ".po")


class Wheel(NamedTuple):
    """A wheel in the store."""

    sha256: str
    path: Path


@dataclass(frozen=True)
class Unpacked:
    """The unpacked wheels of a machine, for one Python.

    Args:
        layout: Where they lie.
        uv: The uv program.
        python: The Python's version, such as ``3.11``.
    """

    layout: Layout
    uv: str
    python: str

    @property
    def folder(self) -> Path:
        """Return where this Python's wheels lie."""
        return self.layout.unpacked / self.python

    def place(self, wheels: Sequence[Wheel], venv: Path, narrate: Callable[[str], None]) -> None:
        """Put wheels into a virtual environment, unpacking those that never were.

        Args:
            wheels: What to install. Of two that bring one file, the first wins.
            venv: A relocatable virtual environment on the same filesystem.
            narrate: Is told what takes long.

        Raises:
            MachineError: If uv cannot install one of them.
        """
        for _ in range(_ATTEMPTS):
            with locked(self.layout.unpacked / "lock", shared=True):
                lacking = self._link_all(wheels, venv)
            if not lacking:
                return
            self.prepare(lacking, narrate)
        raise MachineError("unpacked wheels change as soon as they are made", str(self.folder))

    def prepare(self, wheels: Sequence[Wheel], narrate: Callable[[str], None]) -> None:
        """Unpack and compile those of the wheels that never were; as `place` does, beforehand."""
        # Of ten deploys that lack Django, one compiles it and the others wait for that.
        with locked(self.layout.unpacked / "lock"):
            lacking = [wheel for wheel in wheels if not self._is_whole(wheel)]
            if lacking:
                narrate(f"unpacking and compiling {_count(lacking)} new to this machine")
                self._unpack(lacking)

    def _link_all(self, wheels: Sequence[Wheel], venv: Path) -> list[Wheel]:
        """Link all or, if some are not unpacked, nothing; return those."""
        lacking = [wheel for wheel in wheels if not self._is_whole(wheel)]
        if not lacking:
            for wheel in wheels:
                self._link(wheel, venv)
        return lacking

    def _link(self, wheel: Wheel, venv: Path) -> None:
        source, target = str(self.folder / wheel.sha256), str(venv)
        made: set[str] = set()
        for name, _, mtime_ns in self._index(wheel):
            parent, _, _ = name.rpartition("/")
            if parent not in made:
                os.makedirs(f"{target}/{parent}", exist_ok=True)
                made.add(parent)
            try:
                if not (_is_code(name) and _linked(f"{source}/{name}", f"{target}/{name}")):
                    _copy(f"{source}/{name}", f"{target}/{name}", mtime_ns)
            except FileExistsError:  # two wheels bring it, as some do `tests/__init__.py`
                continue

    def _index(self, wheel: Wheel) -> list[tuple[str, int, int]]:
        found: list[tuple[str, int, int]] = read_json(self.folder / wheel.sha256 / _INDEX, [])
        return found

    def _is_whole(self, wheel: Wheel) -> bool:
        """Return whether every file is as unpacked: who wrote into a release wrote here as well."""
        folder = self.folder / wheel.sha256
        index = self._index(wheel)
        return bool(index) and all(_is_as_it_was(f"{folder}/{name}", *was) for name, *was in index)

    def _unpack(self, wheels: Sequence[Wheel]) -> None:
        scratch = self.folder / ".scratch"
        _discard(scratch)
        try:
            self._unpack_in(scratch, wheels)
        finally:
            _discard(scratch)

    def _unpack_in(self, scratch: Path, wheels: Sequence[Wheel]) -> None:
        venv = scratch / "venv"
        uv.make_venv(self.uv, self.python, venv, self.layout.uv_cache)
        paths = [wheel.path for wheel in wheels]
        command = uv.install_command(self.uv, venv, scratch / "cache", paths)
        uv.run(command, self.layout.uv_cache, "the release's wheels cannot be installed")
        files = {wheel: installed.files(venv, wheel.path) for wheel in wheels}
        clashing = installed.clashing(files)
        for wheel in wheels:
            if wheel not in clashing or len(wheels) == 1:
                self._keep(wheel, venv, files[wheel], scratch / wheel.sha256)
        for wheel in clashing if len(wheels) > 1 else ():
            # What two wheels bring has one's content now: each is to be kept with its own.
            _discard(venv)
            self._unpack_in(scratch, [wheel])

    def _keep(self, wheel: Wheel, venv: Path, names: Sequence[str], new: Path) -> None:
        index = []
        for name in names:
            (target := new / name).parent.mkdir(parents=True, exist_ok=True)
            os.rename(venv / name, target)
            mode = target.stat().st_mode
            target.chmod(0o555 if mode & 0o111 else 0o444)
            index.append((name, (stat := target.stat()).st_size, stat.st_mtime_ns))
        write_json(new / _INDEX, index)
        _discard(final := self.folder / wheel.sha256)
        new.rename(final)


def collect(layout: Layout, referenced: Collection[str]) -> int:
    """Delete the unpacked wheels that no release in the store consists of; return how many."""
    with locked(layout.unpacked / "lock"):
        doomed = [path for path in layout.unpacked.glob("*/*") if path.name not in referenced]
        for entry in doomed:
            _discard(entry)
    return len(doomed)


def _is_code(name: str) -> bool:
    return name.endswith(_CODE) or ".so." in name or ".dist-info/" in name


def _is_as_it_was(path: str, size: int, mtime_ns: int) -> bool:
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return False
    return (stat.st_size, stat.st_mtime_ns) == (size, mtime_ns)


def _copy(source: str, target: str, mtime_ns: int) -> None:
    """Copy a file, writable, with its time: nginx sends that as Last-Modified."""
    with open(source, "rb") as old, open(target, "xb") as new:
        shutil.copyfileobj(old, new)
        os.fchmod(new.fileno(), os.fstat(old.fileno()).st_mode & 0o777 | 0o200)
    os.utime(target, ns=(mtime_ns, mtime_ns))


def _linked(source: str, target: str) -> bool:
    """Link a file; return False where apps are on another disk than what is unpacked."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _discard(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _count(wheels: Sequence[Wheel]) -> str:
    return f"{len(wheels)} wheel{'s' if len(wheels) != 1 else ''}"
