"""Tasks that make backups, prove them, and bring them back."""

from __future__ import annotations

from flipside.console import get_console
from flipside.salt.client import call
from flipside.tasks import here
from flipside.tasks.backup.look import OF, app_of, failed
from flipside.tasks.declare import PRODUCTION, task
from flipside.tasks.narrate import Live

AT = 'The last moment until then, as "2026-11-20 14:03"; the last of all if absent'
TO = "A moment by its id, as backup.list shows it; FILE:ID where the app has several databases"


@task(name=OF)
def now(name: str | None = None, platform: str | None = None) -> int:
    """Bring the backups up to date now.

    The agent does so every few seconds by itself.
    """
    from flipside.tasks.show import backups as show

    console = get_console()
    with console.step("Back up"):
        found = call(here.machine_here(platform), "backup_now", app=app_of(name, platform))
    console.report(found, show.passed)
    return failed(found)


@task(name=OF)
def drill(name: str | None = None, platform: str | None = None) -> int:
    """Restore to scratch, and compare with what is live.

    Each database's integrity, and the rows of each table. Runs every night by itself.
    """
    from flipside.tasks.show import backups as show

    console = get_console()
    with console.step("Restore and compare"):
        found = call(here.machine_here(platform), "backup_drill", app=app_of(name, platform))
    console.report(found, show.drilled)
    return failed(found)


@task(at=AT, to=TO, into="Write it here in plain, a file or a folder, and leave the app alone")
def restore(  # noqa: PLR0913, PLR0917 - one parameter is one option
    name: str | None = None,
    env: str = PRODUCTION,
    at: str | None = None,
    to: str | None = None,
    into: str | None = None,
    yes: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    platform: str | None = None,
) -> None:
    """Bring the app's data back to a moment.

    Databases, and uploaded files. No request is lost meanwhile. What is replaced is kept, and backed up just before.
    """
    from flipside.apps import backups
    from flipside.tasks.confirm import confirm
    from flipside.tasks.show import backups as show

    subject, console = here.subject(name, env, platform), get_console()
    moment = backups.Moment(at, to)
    if into:
        taken = backups.fetched(subject, moment, into)
        console.report(taken, show.fetched)
        return
    confirm(f"the data of {subject} goes back {moment}", backups.again(subject, moment), yes=yes)
    with Live(console) as live:
        done = backups.restore(subject, moment, live)
    console.report(done, lambda it: show.restored(it, subject))


@task(at=AT, to=TO, into="The archive to write; APP-ENV.tar.gz here if absent")
def export(  # noqa: PLR0913, PLR0917 - one parameter is one option
    name: str | None = None,
    env: str = PRODUCTION,
    at: str | None = None,
    to: str | None = None,
    into: str | None = None,
    platform: str | None = None,
) -> None:
    """Write the app's data into an archive, in plain."""
    from flipside.apps import backups
    from flipside.tasks.show import backups as show

    subject, console = here.subject(name, env, platform), get_console()
    with console.step("Export"):
        done = backups.export(subject, backups.Moment(at, to), into)
    console.report(done, show.fetched)
