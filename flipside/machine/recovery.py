"""Bring back what served: after a switch that failed, and after one that was cut short."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from flipside.errors import DeployError, FlipsideError
from flipside.machine import epochs, health, journal, restoring
from flipside.machine import generation as generations
from flipside.machine.generation import Generation
from flipside.machine.layout import Layout
from flipside.machine.narrate import Story
from flipside.machine.services import Services
from flipside.machine.users import NGINX, account, acting_as


def recover(layout: Layout, app: str, env: str, services: Services, story: Story) -> None:
    """Undo what a killed deploy left behind; the caller holds the lock, so nobody is at it."""
    now = generations.current(layout, app, env)
    entry = journal.read(layout, app, env)
    if entry and not (now and now.number == entry["generation"]):
        with story.step("Undo a deploy that was cut short"):
            failure = undo(layout, app, env, entry, services)
            if failure:
                story.detail(failure.what)
    elif entry:
        epochs.settle(layout, app, env, entry)
    if now:
        _face(now, services)
    others = generations.others(layout, app, env, now)
    for other in others:
        services.retire(other, wait=False) if other.served else services.stop(other)
    services.sweep(app, env, {each.number for each in (*others, *([now] if now else []))})
    with suppress(FileNotFoundError):
        os.utime(layout.current_socket(app, env), follow_symlinks=False)


def _face(now: Generation, services: Services) -> None:
    """Make traffic and config files those of the generation that is current, wherever a switch ended."""
    use_files(now)
    if services.running(now):
        generations.point(now.layout.current_socket(now.app, now.env), now.socket.name)


def undo(
    layout: Layout, app: str, env: str, entry: journal.Entry, services: Services
) -> DeployError | None:
    """Put back what a switch had begun that changes the databases; it can be run again.

    Returns:
        What keeps the old generation from serving, None if it serves. Then all else is as before:
        it must not be in the way of a release, or of databases, that would help.

    Raises:
        DeployError: If the databases cannot be put back: then nothing serves until they are.
    """
    try:
        return _undone(layout, app, env, entry, services)
    except (FlipsideError, OSError) as error:
        why = error.what if isinstance(error, FlipsideError) else str(error)
        what = f"what was begun cannot be undone, and {app} is down until it is: {why}"
        raise DeployError(
            what, str(layout.data(app, env)), f"mend that, then flipside app.restart {app}"
        ) from error


def _undone(
    layout: Layout, app: str, env: str, entry: journal.Entry, services: Services
) -> DeployError | None:
    new = Generation(layout, app, env, entry["generation"])
    services.stop(new, mercy=False)
    if Path(entry["snapshot"]).exists():
        with acting_as(account(layout, app)):
            restoring.restore(layout.data(app, env), Path(entry["snapshot"]))
    failure = None
    if entry["previous"] is not None:
        failure = _serve_again(Generation(layout, app, env, entry["previous"]), services)
    journal.clear(layout, app, env)
    shutil.rmtree(entry["snapshot"], ignore_errors=True)
    return failure


def _serve_again(old: Generation, services: Services) -> DeployError | None:
    """Lead visitors to the generation that served before; return why it does not serve, if so."""
    failure = None
    use_files(old)
    try:
        revive(old, services)
    except DeployError as error:
        failure = error
    generations.point(old.layout.current_socket(old.app, old.env), old.socket.name)
    return failure


def make_run_dir(layout: Layout, app: str, env: str) -> None:
    """Make the folder of an environment's sockets; nginx reaches into it, an app never does."""
    folder = layout.run_dir(app, env)
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    if not layout.is_local:
        folder.parent.chmod(0o755)
        shutil.chown(folder, "root", NGINX)
        # What is made in it is of its group, too.
        folder.chmod(0o2750)


def use_files(generation: Generation) -> None:
    """Make the tree's links to config files lead to those of one generation."""
    link = generation.layout.files(generation.app, generation.env)
    generations.point(link, f"generations/{generation.number}/files")


def revive(old: Generation, services: Services) -> None:
    """Start a generation that has served before, and wait until it answers.

    Raises:
        FlipsideError: If it does not.
    """
    spec = old.spec
    make_run_dir(old.layout, old.app, old.env)
    services.start(old)
    try:
        health.wait_healthy(old.socket, spec["health"], spec["host"], lambda: services.alive(old))
    except FlipsideError as error:
        what = f"the release that served before does not start: {error.what}"
        raise DeployError(what, str(old.path), "flipside app.logs") from None
