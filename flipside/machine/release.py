"""Installing a release into an environment: its own virtual environment, its own tree.

It is made under another name and renamed when whole, so an install that was cut short is never
taken for a release. It may be written until its install steps have run and it is sealed.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.errors import MachineError
from flipside.machine import linked, processes, users, uv
from flipside.machine.files import read_json, write_json
from flipside.machine.layout import Layout
from flipside.machine.manifests import Manifest
from flipside.machine.objects import Objects
from flipside.machine.seal import delete, is_sealed, remove, seal, sealed_at, written
from flipside.machine.unpacked import Unpacked, Wheel
from flipside.machine.untar import unpack

__all__ = [
    "clear_leftovers",
    "describe",
    "install",
    "installed",
    "is_sealed",
    "prepare",
    "remove",
    "seal",
    "written",
]

_UNFINISHED = re.compile(r"\..+\.(?P<pid>\d+)")


def install(
    layout: Layout,
    manifest: Manifest,
    env: str,
    uv_program: str,
    narrate: Callable[[str], None],
) -> Path:
    """Install a release; the caller holds the environment's lock.

    A sealed release is left as it is. One that is not sealed was cut short in its install steps,
    and is made anew.

    Args:
        layout: Where everything lies.
        manifest: The release, from the store.
        env: The environment to install it into.
        uv_program: The path of uv.
        narrate: Is told what takes long.

    Returns:
        The release's folder, with ``venv/``, ``tree/`` and ``manifest.json``, not yet sealed.

    Raises:
        NotFoundError: If the store lacks one of its files.
        MachineError: If the Python is absent, a wheel does not install, or the disk is full.
        BuildError: If its tree cannot be unpacked.
        BadConfigError: If a path of its ``data:`` or ``files:`` is none of its tree.
    """
    release = layout.release(manifest["app"], env, manifest["id"])
    if is_sealed(release):
        return release
    clear_leftovers(release.parent)
    remove(release)
    new = release.with_name(f".{release.name}.{os.getpid()}")
    new.mkdir(parents=True)
    try:
        with _naming_a_full_disk(new):
            _Install(layout, manifest, env, uv_program, narrate).fill(new)
        return new.rename(release)
    except BaseException:
        delete(new)
        raise


def prepare(
    layout: Layout, manifest: Manifest, uv_program: str, narrate: Callable[[str], None]
) -> None:
    """Do beforehand what takes longest in an install: unpack and compile wheels that are new here.

    Right after publishing, say, so that the deploy is quick. Takes no environment's lock.

    Args:
        layout: Where everything lies.
        manifest: The release, from the store.
        uv_program: The path of uv.
        narrate: Is told what takes long.

    Raises:
        NotFoundError: If the store lacks one of its files.
        MachineError: If the Python is absent, or a wheel does not install.
    """
    _Install(layout, manifest, "", uv_program, narrate).prepare()


def installed(layout: Layout, app: str, env: str) -> list[str]:
    """Return the ids of an environment's sealed releases, the last sealed first."""
    folder = layout.releases(app, env)
    found = [path for path in folder.glob("[!.]*") if is_sealed(path)]
    return [
        path.name for path in sorted(found, key=lambda path: sealed_at(path) or "", reverse=True)
    ]


def describe(release: Path) -> dict[str, Any]:
    """Return ``id``, ``version``, ``kind``, ``python``, ``sealed`` (ISO 8601 or None) of one.

    Args:
        release: The folder of an installed release.
    """
    manifest: Manifest = read_json(release / "manifest.json")
    fields = {key: manifest[key] for key in ("id", "version", "kind", "python")}
    return {**fields, "sealed": sealed_at(release)}


def clear_leftovers(releases: Path) -> None:
    """Delete what installs and removals of processes that are gone have left behind.

    Args:
        releases: An environment's folder of releases; the caller holds that environment's lock.
    """
    for path in releases.glob(".*") if releases.is_dir() else ():
        match = _UNFINISHED.fullmatch(path.name)
        if match and not _is_at_it(int(match["pid"])):
            delete(path)


@dataclass(frozen=True)
class _Install:
    layout: Layout
    manifest: Manifest
    env: str
    uv_program: str
    narrate: Callable[[str], None]

    @property
    def unpacked(self) -> Unpacked:
        return Unpacked(self.layout, self.uv_program, self.manifest["python"])

    def wheels(self) -> list[Wheel]:
        return [Wheel(one["sha256"], self.stored(one)) for one in _order(self.manifest)]

    def prepare(self) -> None:
        self.unpacked.prepare(self.wheels(), self.narrate)

    def fill(self, new: Path) -> None:
        """Make all of a release in the folder ``new``."""
        python = self.manifest["python"]
        uv.make_venv(self.uv_program, python, new / "venv", self.layout.uv_cache)
        self.unpacked.place(self.wheels(), new / "venv", self.narrate)
        self.make_tree(new / "tree")
        write_json(new / "manifest.json", self.manifest)

    def make_tree(self, tree: Path) -> None:
        app, config = self.manifest["app"], self.manifest["config"]
        tree.mkdir()
        if packed := self.manifest.get("tree"):
            unpack(self.stored(packed), tree)
        data, user = self.layout.data(app, self.env), users.account(self.layout, app)
        linked.link_data(tree, data, config.get("data") or (), user)
        linked.link_files(tree, self.layout.files(app, self.env), config.get("files") or ())

    def stored(self, file: dict[str, str]) -> Path:
        return Objects(self.layout).require(file["sha256"], file["name"])


def _order(manifest: Manifest) -> list[dict[str, str]]:
    """Return the wheels, the app's own first: a file that two bring is the app's."""
    own = manifest.get("app_wheel")
    return sorted(manifest["wheels"], key=lambda wheel: (wheel["name"] != own, wheel["name"]))


@contextmanager
def _naming_a_full_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise MachineError(
            "the machine's disk is full; what was half installed is removed",
            where=str(path.parent),
            next="flipside platform.doctor",
        ) from error


def _is_at_it(pid: int) -> bool:
    """This process holds the lock and is at no other install: what bears its number is from before."""
    return pid != os.getpid() and processes.lives(pid)
