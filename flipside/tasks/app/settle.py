"""Tasks that change what an app has: its env, or whether it is there at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flipside.console import get_console
from flipside.errors import FlipsideError
from flipside.tasks import here
from flipside.tasks.confirm import confirm
from flipside.tasks.declare import PRODUCTION, task
from flipside.tasks.narrate import Live

if TYPE_CHECKING:
    from collections.abc import Sequence


@task(repeated=("words",), usage="[NAME] [set KEY=VALUE ... | unset KEY ...]")
def config(
    words: Sequence[str] | None = None,
    name: str | None = None,
    env: str = PRODUCTION,
    platform: str | None = None,
) -> None:
    """Show the env, set KEY=VALUE ... or unset KEY ...

    A running app switches to a process that has the new values.
    """
    from flipside.apps import settings
    from flipside.caller import who
    from flipside.tasks.show import apps as show

    asked = settings.changes(list(words or ()))
    if name and asked.name:
        raise FlipsideError(f"two names: {name} and {asked.name}", next=settings.USAGE)
    subject, console = here.subject(name or asked.name, env, platform), get_console()
    settings.refuse_secrets(asked, subject)
    with Live(console) as live:
        done = subject.call(
            "config",
            live,
            set=asked.set,
            unset=asked.unset,
            by=who(),
            here=subject.loaded is not None,
        )
    console.report(done, lambda it: show.settings(it, subject, changed=asked.set or asked.unset))


@task(data="Destroy its data, too; otherwise that is kept")
def destroy(
    name: str | None = None,
    env: str = PRODUCTION,
    data: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    yes: bool = False,  # noqa: FBT001, FBT002 - the same
    platform: str | None = None,
) -> None:
    """Remove the app; its data is kept unless --data."""
    from flipside.caller import who
    from flipside.tasks.show import apps as show

    subject, console = here.subject(name, env, platform), get_console()
    fate = "destroyed with it" if data else "kept"
    again = subject.command("app.destroy", *(["--data"] if data else []), "--yes")
    confirm(f"{subject} stops serving and is removed, its data is {fate}", again, yes=yes)
    with console.step(f"Destroy {subject}"), Live(console) as live:
        done = subject.call("destroy_app", live, data=data, by=who())
    console.report(done, lambda it: show.destroyed(it, subject))
