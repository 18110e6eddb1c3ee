"""An app's release built, uploaded as far as the master lacks it, and published."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flipside.apps.build import App, Built, build
from flipside.caller import who
from flipside.console import Step, size
from flipside.machine.store import check_tag
from flipside.salt.client import call
from flipside.targets.base import Machine

LATEST = "latest"

Build = Callable[..., Built]


class Steps(Protocol):
    """The part of the console that publishing speaks to."""

    def step(self, title: str) -> AbstractContextManager[Step]:
        """Return a context manager that reports a step."""


@dataclass(frozen=True)
class Published:
    """What `publish` did.

    Args:
        manifest: The release's manifest, as the store keeps it.
        tags: The tags that point at it now.
        uploaded: How many files the store lacked.
        files: Of how many.
        bytes: Their size.
    """

    manifest: dict[str, Any]
    tags: list[str]
    uploaded: int
    files: int
    bytes: int


def publish(  # noqa: PLR0913 - the last is for tests
    app: App,
    machine: Machine,
    steps: Steps,
    tags: Iterable[str] = (),
    *,
    upgrade: bool = False,
    maker: Build = build,
) -> Published:
    """Build a release of the app and put it into the store.

    Args:
        app: The app.
        machine: The machine that has the store.
        steps: Told what happens.
        tags: Tags to move to the release, besides `latest`.
        upgrade: Take the newest versions of the dependencies, whatever the lock says.
        maker: What builds, for tests.

    Raises:
        BuildError: There is no release to be had from the folder; nothing was uploaded.
        FlipsideError: A tag's name cannot be one, or the store refuses it; no tag has moved.
    """
    every = list(dict.fromkeys([LATEST, *map(check_tag, tags)]))
    with tempfile.TemporaryDirectory(prefix="flipside-") as work:
        with steps.step("Build") as step:
            python = app.config.build.python or call(machine, "python")
            built = maker(app, python, Path(work), step.detail, upgrade=upgrade)
            step.result(str(built.manifest["id"]))
        with steps.step("Upload") as step:
            lacking = _upload(machine, built, step)
        with steps.step("Publish") as step:
            kept = call(machine, "publish", manifest=built.manifest, tags=every, by=who())
            step.result(", ".join(every))
        bytes_ = sum(path.stat().st_size for path in lacking.values())
    return Published(kept, every, len(lacking), len(built.files), bytes_)


def _upload(machine: Machine, built: Built, step: Step) -> Mapping[str, Path]:
    """Put the files that the store lacks into it; return them by SHA-256."""
    missing = call(machine, "missing", shas=sorted(built.files))
    lacking = {sha: built.files[sha] for sha in missing}
    step.result(_summary(lacking, len(built.files)))
    if lacking:
        call(machine, "adopt", files=_put(machine, lacking, step))
    return lacking


def _put(machine: Machine, files: Mapping[str, Path], step: Step) -> list[dict[str, str]]:
    incoming = machine.root / "store/incoming"
    machine.run(["mkdir", "-p", str(incoming)])
    put = []
    for number, (sha, path) in enumerate(files.items(), 1):
        step.progress(number, len(files))
        target = incoming / secrets.token_hex(16)
        machine.put(path, target)
        put.append({"path": str(target), "sha256": sha, "name": path.name})
    return put


def _summary(lacking: Mapping[str, Path], total: int) -> str:
    if not lacking:
        return f"the store has all {total} files"
    size_ = size(sum(path.stat().st_size for path in lacking.values()))
    return f"{len(lacking)} of {total} files, {size_}"
