"""Generations: one running copy of a release with one environment, and its files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.machine import wanted as wants
from flipside.machine.confined import Confined
from flipside.machine.files import now
from flipside.machine.layout import Layout
from flipside.machine.users import Account
from flipside.machine.uwsgi_config import ini
from flipside.machine.wanted import Wanted

_SERVED, _SPEC = "served", "spec.json"


@dataclass(frozen=True)
class Generation:
    """One generation on disk."""

    layout: Layout
    app: str
    env: str
    number: int

    @property
    def path(self) -> Path:
        """Return its folder."""
        return self.layout.generation(self.app, self.env, self.number)

    @property
    def socket(self) -> Path:
        """Return its own listening socket."""
        return self.layout.socket(self.app, self.env, self.number)

    @property
    def service(self) -> str:
        """Return the name of its service."""
        return f"app.{self.layout.unit(self.app, self.env)}.{self.number}"

    @property
    def spec(self) -> dict[str, Any]:
        """Return what it was made from: ``release``, ``digest``, ``at``, ``cwd``, ``callable``."""
        found: dict[str, Any] = json.loads((self.path / _SPEC).read_text())
        return found

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment of its processes."""
        found: dict[str, str] = json.loads((self.path / "env.json").read_text())
        return found

    @property
    def confined(self) -> Confined | None:
        """Return what keeps commands in that run with its environment, None where nothing does."""
        if self.layout.is_local:
            return None
        return Confined(self.layout, self.app, self.env, self.spec["resources"])

    @property
    def served(self) -> bool:
        """Return whether visitors ever got to it; only such a one may serve again."""
        return (self.path / _SERVED).exists()

    def note_served(self) -> None:
        """Note that visitors get to it from now on."""
        (self.path / _SERVED).touch()

    @property
    def release(self) -> str:
        """Return the id of its release."""
        return str(self.spec["release"])


def digest(wanted: Wanted) -> str:
    """Return a SHA-256 in hex: what has the same one needs no other generation."""
    env = wants.environment(wanted)
    content = [wanted.release, env, wants.files(wanted, env), ini(wanted, 0), wanted.resources]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def make(wanted: Wanted) -> Generation:
    """Write a new generation's files; whole when its folder is there.

    Raises:
        BadConfigError: If a value cannot be filled in.
        FlipsideError: If the path of its socket would be too long.
    """
    layout, app, env = wanted.layout, wanted.app, wanted.env
    numbers = [int(path.name) for path in _folders(layout, app, env)]
    _sweep(layout.run_dir(app, env), numbers)
    generation = Generation(layout, app, env, max(numbers, default=0) + 1)
    _ = generation.socket
    draft = generation.path.with_name(f".{generation.number}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    variables = wants.environment(wanted)
    _write(draft / "env.json", json.dumps(variables))
    _write(draft / "uwsgi.ini", ini(wanted, generation.number))
    for path, text in wants.files(wanted, variables).items():
        (draft / "files" / path).parent.mkdir(parents=True, exist_ok=True)
        _write(draft / "files" / path, text)
    _write(draft / _SPEC, json.dumps(_spec(wanted)))
    _let_read(draft, wanted.user)
    (draft / "release").symlink_to(f"../../releases/{wanted.release}")
    draft.rename(generation.path)
    return generation


def again(wanted: Wanted) -> Generation | None:
    """Return a generation that served before and is just what is wanted, if it is still here."""
    layout, app, env = wanted.layout, wanted.app, wanted.env
    found = [each for each in others(layout, app, env, current(layout, app, env)) if each.served]
    alike = [each for each in found if each.spec["digest"] == digest(wanted)]
    return max(alike, key=lambda each: each.number, default=None)


def _let_read(draft: Path, user: Account | None) -> None:
    """Let an app's user read its own files, and nobody else; what root reads of it stays root's.

    nginx is of the app's group, so what may hold a secret is for the owner alone.
    """
    if user:
        for path in (draft, *draft.rglob("*")):
            ours = path.is_dir() or path.name == _SPEC
            os.chown(path, 0 if ours else user.uid, user.gid)
            path.chmod(0o750 if path.is_dir() else 0o440 if ours else 0o400)


def _sweep(run: Path, numbers: list[int]) -> None:
    """Remove the sockets of generations that are gone: one that was killed leaves its own."""
    for path in run.glob("[0-9]*.sock"):
        if path.stem.isdigit() and int(path.stem) not in numbers:
            path.unlink(missing_ok=True)


def _spec(wanted: Wanted) -> dict[str, Any]:
    return {
        "release": wanted.release,
        "digest": digest(wanted),
        "at": now(),
        "cwd": str(wanted.cwd),
        "callable": wanted.config["wsgi"]["callable"],
        "health": wanted.config["health"],
        "resources": wanted.resources,
        "host": wanted.domains[0],
        "shell": (wanted.config.get("commands") or {}).get("shell"),
    }


def current(layout: Layout, app: str, env: str) -> Generation | None:
    """Return the generation that serves, or None."""
    try:
        target = os.readlink(layout.current(app, env))
    except FileNotFoundError:
        return None
    generation = Generation(layout, app, env, int(Path(target).name))
    return generation if (generation.path / _SPEC).exists() else None


def others(layout: Layout, app: str, env: str, kept: Generation | None) -> list[Generation]:
    """Return all generations but one."""
    number = kept.number if kept else None
    found = [Generation(layout, app, env, int(path.name)) for path in _folders(layout, app, env)]
    return [generation for generation in found if generation.number != number]


def _folders(layout: Layout, app: str, env: str) -> list[Path]:
    return [path for path in layout.generations(app, env).glob("[0-9]*") if path.name.isdigit()]


def point(link: Path, target: str | Path) -> None:
    """Make ``link`` a symlink to ``target`` in one atomic rename."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
