"""Tasks about releases: published, brought live, taken back, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flipside.console import get_console
from flipside.salt.client import call
from flipside.tasks import here
from flipside.tasks.confirm import confirm
from flipside.tasks.declare import PRODUCTION, task
from flipside.tasks.narrate import Live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flipside.apps.subject import Subject


@task(
    repeated=("tag",),
    tag="A tag to move to the release, besides latest; may be repeated",
    upgrade="Take the newest versions of the dependencies, and lock those",
)
def publish(
    name: str | None = None,
    tag: Sequence[str] | None = None,
    upgrade: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    platform: str | None = None,
) -> None:
    """Build a release and put it into the store.

    It is made from the app's folder; only what the store lacks is uploaded. The tag latest moves
    to it, and its id is the last line on stdout.
    """
    from flipside.apps.publish import publish
    from flipside.config import find_platform
    from flipside.targets import target_of
    from flipside.tasks.show import releases as show

    app = here.app_here(name)
    machine = target_of(find_platform(app.folder, platform, app)).machine()
    done = publish(app, machine, get_console(), tag or (), upgrade=upgrade)
    get_console().report(done, show.published)


@task(
    tag="The tag of the release to deploy; latest if absent",
    release="The id of the release to deploy",
)
def deploy(
    name: str | None = None,
    env: str = PRODUCTION,
    tag: str | None = None,
    release: str | None = None,
    platform: str | None = None,
) -> None:
    """Bring a release live.

    The one before serves until the new one answers, and goes on serving if it does not.
    """
    from flipside.apps import deploy
    from flipside.tasks.show import releases as show

    ref = deploy.wanted(tag, release)
    subject, console = here.subject(name, env, platform), get_console()
    with Live(console) as live:
        done = deploy.deploy(subject, ref, live)
    console.report(done, lambda it: show.switched(it, subject))


@task(
    to="The release or tag to go back to; the one before if absent",
    with_data="Databases go back, too, to what they were before the migration that lies between",
    keep_data="Databases stay as they are, although a migration lies between",
)
def rollback(  # noqa: PLR0913, PLR0917 - one parameter is one option
    name: str | None = None,
    env: str = PRODUCTION,
    to: str | None = None,
    with_data: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    keep_data: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    yes: bool = False,  # noqa: FBT001, FBT002 - the same
    platform: str | None = None,
) -> None:
    """Go back to the release before.

    Over a migration it asks what becomes of the databases: --with-data or --keep-data. The first
    sets aside what was written since, says what that is, and asks.
    """
    from flipside.apps import deploy
    from flipside.tasks.show import releases as show

    subject, console = here.subject(name, env, platform), get_console()
    data = deploy.fate(with_data=with_data, keep_data=keep_data)
    to = _agreed(subject, to, yes=yes) if with_data else to
    with Live(console) as live:
        done = deploy.rollback(subject, to, data, live)
    console.report(done, lambda it: show.switched(it, subject))


def _agreed(subject: Subject, to: str | None, *, yes: bool) -> str:
    """Say what a rollback with data would set aside, and ask; return the release that was meant."""
    from flipside.apps import deploy
    from flipside.tasks.show import losses as show

    with get_console().step("Compare the databases with their copy"):
        found = deploy.losses(subject, to)
    if found["at"]:
        for line in show.lines(found):
            get_console().say(line)
        words = (*(("--to", to) if to else ()), "--with-data", "--yes")
        confirm(show.question(found, subject), subject.command("app.rollback", *words), yes=yes)
    return str(found["release"])


@task()
def releases(name: str | None = None, platform: str | None = None) -> None:
    """List releases, their tags, and where they are live."""
    from flipside.tasks.show import releases as show

    subject = here.subject(name, PRODUCTION, platform)
    found = call(subject.machine, "releases", app=subject.app)
    get_console().report(found, show.releases)


@task(lines="How many entries")
def history(
    name: str | None = None,
    env: str = PRODUCTION,
    lines: int = 20,
    platform: str | None = None,
) -> None:
    """Show who did what to the app, and when."""
    from flipside.tasks.show import releases as show

    found = here.subject(name, env, platform).call("audit", limit=lines)
    get_console().report(found, show.history)
