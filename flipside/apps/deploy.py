"""Releases brought live and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flipside.apps.publish import LATEST
from flipside.caller import who
from flipside.console import age
from flipside.errors import FlipsideError, NotFoundError
from flipside.salt.client import call
from flipside.secrets import exchange

if TYPE_CHECKING:
    from flipside.apps.subject import Subject
    from flipside.salt.client import Event


def wanted(tag: str | None, release: str | None) -> str:
    """Return the tag or release that was asked for, `latest` where nothing was.

    Raises:
        FlipsideError: Both were.
    """
    if tag and release:
        what = "--tag and --release both say what to deploy"
        raise FlipsideError(what, next="leave one of them out")
    return release or tag or LATEST


def deploy(subject: Subject, ref: str, on_event: Event) -> dict[str, Any]:
    """Bring a release live, and its secrets as the platform's folder has them.

    Returns what the machine says of it; ``generated`` are the names of secrets that are new in the
    folder.

    Args:
        subject: The app and environment.
        ref: A tag, or a release's id.
        on_event: Gets the steps as they happen.

    Raises:
        NotFoundError: There is no such release.
        DeployError: It did not go live; what served before still serves.
        LockedError: Somebody else deploys this right now.
    """
    place = subject.platform.folder, subject.app, subject.env
    secrets = exchange.given(*place)
    done: dict[str, Any] = subject.call("deploy", on_event, ref=ref, by=who(), secrets=secrets)
    done["generated"] = exchange.keep(*place, done["generated"])
    return done


def fate(*, with_data: bool, keep_data: bool) -> str | None:
    """Return what becomes of the databases: they go ``back``, are to ``keep``; None: not said.

    Raises:
        FlipsideError: Both were said.
    """
    if with_data and keep_data:
        raise FlipsideError("--with-data and --keep-data exclude each other", next="give one")
    return "back" if with_data else "keep" if keep_data else None


def losses(subject: Subject, to: str | None) -> dict[str, Any]:
    """Return what a rollback that puts the databases back would set aside; nothing is changed.

    Args:
        subject: The app.
        to: A tag, or a release's id; None for the one before.

    Returns:
        What `flipside.machine.verbs.losses.rollback_losses` does.

    Raises:
        NotFoundError: There is none to go back to; lists the releases with their age.
        DeployError: No copy of the databases is left.
    """
    return _asked(subject, "rollback_losses", None, to=to)


def rollback(subject: Subject, to: str | None, data: str | None, on_event: Event) -> dict[str, Any]:
    """Bring back the release before, or `to`; return what the machine says of it.

    Args:
        subject: The app.
        to: A tag, or a release's id; None for the one before.
        data: What `fate` returned.
        on_event: Gets the steps as they happen.

    Raises:
        NotFoundError: There is none to go back to; lists the releases with their age.
        DeployError: It did not go live, or over a migration nobody said what becomes of the
            databases; what served before still serves.
    """
    return _asked(subject, "rollback", on_event, to=to, data=data)


def _asked(subject: Subject, verb: str, on_event: Event | None, **what: Any) -> dict[str, Any]:
    """Call a verb about an earlier release; where there is none, say which there are."""
    try:
        done: dict[str, Any] = subject.call(verb, on_event, by=who(), **what)
    except NotFoundError as error:
        raise NotFoundError(_with_releases(error.what, subject), error.where, error.next) from None
    return done


def _with_releases(what: str, subject: Subject) -> str:
    """Return the message with a line for each release, unless it lists them already."""
    if "\n" in what:
        return what
    try:
        releases = call(subject.machine, "releases", app=subject.app)["releases"]
    except FlipsideError:
        return what
    return "\n".join([what, *map(_line, releases)])


def _line(release: dict[str, Any]) -> str:
    marks = [*(f"tag {tag}" for tag in release["tags"]), *(f"live in {e}" for e in release["live"])]
    behind = f"  ({', '.join(marks)})" if marks else ""
    return f"  {release['id']}  published {age(release['at'])}{behind}"
