"""Tasks about a running app: how it is, and stopping and starting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flipside.console import get_console
from flipside.salt.client import call
from flipside.tasks import here
from flipside.tasks.declare import PRODUCTION, task
from flipside.tasks.narrate import Live

if TYPE_CHECKING:
    from flipside.apps.subject import Subject


@task()
def status(name: str | None = None, env: str = PRODUCTION, platform: str | None = None) -> None:
    """Show how the app is.

    Of all apps where none is named and none is here.
    """
    from flipside.tasks.show import apps as show

    if name is None and here.app_of(None, None) is None:
        _list(platform)
        return
    subject = here.subject(name, env, platform)
    found = subject.call("app_status")
    get_console().report(found, lambda it: show.one(it, subject))


@task()
def every(platform: str | None = None) -> None:
    """List all apps of the platform."""
    _list(platform)


def _list(platform: str | None) -> None:
    from flipside.tasks.show import apps as show

    get_console().report(call(here.machine_here(platform), "apps"), show.several)


@task(cold="Stop it, then start it; requests wait or fail meanwhile")
def restart(
    name: str | None = None,
    env: str = PRODUCTION,
    cold: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    platform: str | None = None,
) -> None:
    """Restart the app without dropping a request.

    Secrets that were changed take effect.
    """
    from flipside.secrets import exchange

    subject = here.subject(name, env, platform)
    secrets = exchange.given(subject.platform.folder, subject.app, subject.env)
    _change("restart", subject, cold=cold, secrets=secrets)


@task()
def stop(name: str | None = None, env: str = PRODUCTION, platform: str | None = None) -> None:
    """Stop the app.

    It stays stopped until it is started or deployed.
    """
    _change("stop", here.subject(name, env, platform))


@task()
def start(name: str | None = None, env: str = PRODUCTION, platform: str | None = None) -> None:
    """Start an app that was stopped."""
    _change("start", here.subject(name, env, platform))


def _change(verb: str, subject: Subject, **arguments: Any) -> None:
    from flipside.caller import who
    from flipside.tasks.show import apps as show

    console = get_console()
    with console.step(f"{verb.capitalize()} {subject}"), Live(console) as live:
        after = subject.call(verb, live, by=who(), **arguments)
    console.report(after, lambda it: show.changed(it, subject))
