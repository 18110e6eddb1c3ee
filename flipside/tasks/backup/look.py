"""Tasks that look at backups and change nothing."""

from __future__ import annotations

from typing import Any

from flipside.console import get_console
from flipside.salt.client import call
from flipside.tasks import here
from flipside.tasks.declare import PRODUCTION, task
from flipside.tasks.narrate import Live

OF = "The app; all of the platform if absent, and none is here"


@task(name=OF)
def status(name: str | None = None, platform: str | None = None) -> int:
    """Show how the backups stand.

    Of each database: what was kept last, what a loss of the machine now would lose, and when a restore
    of it was last proven. The exit status is 1 if one fails, or nothing is kept of
    the app.
    """
    from flipside.tasks.show import backups as show

    app = app_of(name, platform)
    found = call(here.machine_here(platform), "backup_status", app=app)
    get_console().report(found, lambda it: show.status(it, app))
    return failed(found["subjects"]) or int(bool(app) and not found["subjects"])


@task()
def list(name: str | None = None, env: str = PRODUCTION, platform: str | None = None) -> None:  # noqa: A001 - the task's name
    """List the moments that the app's data can be restored to."""
    from flipside.tasks.show import backups as show

    subject = here.subject(name, env, platform)
    found = subject.call("backup_list")
    get_console().report(found, lambda it: show.moments(it, subject))


@task()
def verify(platform: str | None = None) -> int:
    """Read and authenticate everything that is kept.

    The exit status is 1 if anything is damaged or missing.
    """
    from flipside.tasks.show import backups as show

    console = get_console()
    with console.step("Read everything"), Live(console) as live:
        found = call(here.machine_here(platform), "backup_verify", live)
    console.report(found, show.verified)
    return failed(found)


def app_of(name: str | None, platform: str | None) -> str | None:
    """Return the app that was named, else the one of this folder, else None."""
    app = here.app_of(name, platform)
    return name or (app.config.name if app else None)


def failed(found: Any) -> int:
    """Return the exit status for results of which each may have an error."""
    return int(any(one["error"] for one in found))
