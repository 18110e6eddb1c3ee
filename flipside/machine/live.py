"""Bring an environment to what is wanted of it: the one function behind the state `flipside.live`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flipside.machine import epochs, journal, recovery, release, users
from flipside.machine import generation as generations
from flipside.machine.generation import Generation
from flipside.machine.layout import Layout
from flipside.machine.lock import deploy_lock
from flipside.machine.narrate import Story
from flipside.machine.services import Services
from flipside.machine.switch import Switch
from flipside.machine.terminable import terminable
from flipside.machine.wanted import Wanted, laid_out

# Rolls back, and puts the databases back as they were before the migration that lies between.
ROLLBACK_WITH_DATA = "rollback with data"
# Another process of the same takes over, whatever the one is like that serves.
RESTART = "restart"
# The same, on databases from elsewhere; of an app that is stopped only these are put in place.
RESTORE = "restore"


@dataclass(frozen=True)
class Errand:
    """What an environment is brought to what is wanted for.

    Attributes:
        action: ``deploy``, which runs deploy steps, ``rollback``, `ROLLBACK_WITH_DATA`, ``config``,
            `RESTART`, `RESTORE` or ``highstate``.
        by: Who asked.
        stopped: Whether the app is to be stopped.
        snapshot: The databases that a `RESTORE` puts in place, None for any other action.
    """

    action: str
    by: str
    stopped: bool
    snapshot: Path | None = None


def wanted(
    layout: Layout, record: Mapping[str, Any], settings: Mapping[str, Any], *, pending: bool
) -> Wanted | None:
    """Return what a pillar record wants of its environment, or None if it wants nothing.

    A deploy that was cut short after the machine had switched counts as done: then the pending
    release is what is wanted.

    Args:
        layout: Where everything lies.
        record: One entry of pillar's ``apps``; its ``secrets`` are as `flipside.secrets.pillar`
            makes them.
        settings: The platform's parameter map.
        pending: Whether the pending release is wanted in any case.
    """
    app, env = record["app"], record["env"]
    manifest = record.get("manifest")
    coming = record.get("pending_manifest")
    serving = generations.current(layout, app, env)
    if coming and (pending or (serving and serving.release == coming["id"])):
        manifest = coming
    if not manifest:
        return None
    secrets = record.get("secrets", {})
    sent = secrets.get("secrets", {})
    values = {**record.get("config", {}), **secrets.get("generated", {}), **sent}
    unreadable = [why for name, why in secrets.get("unreadable", {}).items() if name not in sent]
    config = laid_out(manifest["config"], env)
    return Wanted(layout, app, env, manifest, config, values, dict(settings), unreadable)


def reasons(want: Wanted, services: Services, errand: Errand) -> list[str]:
    """Return why an environment is to be changed; nothing if it is as is wanted."""
    layout, app, env = want.layout, want.app, want.env
    now = generations.current(layout, app, env)
    if journal.read(layout, app, env):
        return ["a deploy was cut short"]
    if now is None:
        return [f"{want.release} is not live"]
    if errand.action == RESTORE:
        return ["other databases are to be put in place"]
    if errand.stopped:
        return [f"{app} is to be stopped"] if services.running(now) else []
    found = ["a restart was asked for"] if errand.action == RESTART else []
    if now.release != want.release:
        found.append(f"{now.release} is live, not {want.release}")
    elif now.spec["digest"] != generations.digest(want):
        found.append("its environment changed")
    if not services.running(now):
        found.append("it does not run")
    if not users.is_whole(layout, app):
        found.append("its user was changed")
    if _target(layout.current_socket(app, env)) != now.socket.name:
        found.append("its socket is not the current one")
    return found


def bring(want: Wanted, services: Services, story: Story, errand: Errand) -> dict[str, Any]:
    """Make the environment what is wanted, under its lock.

    Args:
        want: What is wanted.
        services: Starts and stops generations.
        story: Is told the steps.
        errand: What for.

    Returns:
        ``{"changed", "release", "previous", "generation", "ran", "kept"}``; the last is where the
        databases are that others took the place of, None if none did.

    Raises:
        LockedError: If somebody else is at it.
        DeployError: If what is wanted cannot serve; whatever served before still does.
    """
    layout, app, env = want.layout, want.app, want.env
    action = f"{errand.action} {want.release}"
    with terminable(), deploy_lock(layout.lock(app, env), errand.by, action) as lock:
        recovery.recover(layout, app, env, services, story)
        turn = Switch(want, services, story, lock)
        changed = bool(reasons(want, services, errand))
        if changed:
            _change(turn, errand)
        now = generations.current(layout, app, env)
    return {
        "changed": changed,
        "release": now.release if now else None,
        "previous": turn.old.release if turn.old else None,
        "generation": now.number if now else None,
        "ran": turn.steps.ran,
        "kept": str(turn.kept) if turn.kept else None,
    }


def _change(turn: Switch, errand: Errand) -> None:
    want, old = turn.wanted, turn.old
    if errand.stopped:
        _stop(want.layout, old, turn.services)
        if errand.action != RESTORE:
            return
    _folders(want)
    fresh = errand.action in (RESTART, RESTORE)
    if not fresh and old and old.spec["digest"] == generations.digest(want):
        with turn.story.step("Start what is live"):
            recovery.revive(old, turn.services)
            generations.point(want.layout.current_socket(want.app, want.env), old.socket.name)
    else:
        with turn.story.step(f"Install {want.release}"):
            uv = str(want.layout.root / "venv/bin/uv")
            release.install(want.layout, _manifest(want), want.env, uv, turn.story.detail)
        new_code = old is None or old.release != want.release
        migrate = errand.action == RESTORE or (errand.action == "deploy" and new_code)
        back = _back(want, errand)
        turn.go(migrate=migrate, back=back, fresh=fresh, serve=not errand.stopped)


def _back(want: Wanted, errand: Errand) -> Path | None:
    """Return the databases that take the place of those that are live, if any are to."""
    if errand.action == ROLLBACK_WITH_DATA:
        return epochs.before(want.layout, want.app, want.env, want.release)
    return errand.snapshot


def _manifest(want: Wanted) -> Any:
    return want.manifest | {"config": want.config}


def _folders(want: Wanted) -> None:
    layout, place, user = want.layout, (want.app, want.env), want.user
    layout.app_dir(*place).mkdir(parents=True, exist_ok=True)
    if user:
        os.chown(layout.app_dir(*place), 0, user.gid)
        layout.app_dir(*place).chmod(0o750)
    for folder in (layout.data(*place), layout.home(*place)):
        users.own_folder(folder, user)
    users.own_folder(layout.snapshots(*place), user, 0o700)
    layout.log_dir(*place).mkdir(parents=True, exist_ok=True, mode=0o750)
    recovery.make_run_dir(layout, *place)


def _stop(layout: Layout, old: Generation | None, services: Services) -> None:
    if old:
        layout.current_socket(old.app, old.env).unlink(missing_ok=True)
        services.stop(old)


def _target(link: Path) -> str | None:
    try:
        return os.readlink(link)
    except OSError:
        return None
