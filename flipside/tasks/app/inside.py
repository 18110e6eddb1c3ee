"""Tasks that look into an app: its logs, a shell, any command."""

from __future__ import annotations

import os
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from flipside.errors import FlipsideError, NotFoundError
from flipside.parser import words_after_dashes
from flipside.tasks import here
from flipside.tasks.declare import PRODUCTION, task

if TYPE_CHECKING:
    from flipside.apps.subject import Subject

ACCESS = "access.log"


@task(reports=False, access="The web server's access log instead of the app's own")
def logs(  # noqa: PLR0913, PLR0917 - one for each option
    name: str | None = None,
    env: str = PRODUCTION,
    follow: bool = False,  # noqa: FBT001, FBT002 - a switch of the command line
    lines: int = 100,
    access: bool = False,  # noqa: FBT001, FBT002 - the same
    platform: str | None = None,
) -> int:
    """Print the app's log."""
    from flipside.targets import commands
    from flipside.tasks.terminal import followed

    subject = here.subject(name, env, platform)
    every = [PurePosixPath(path) for path in subject.call("app_status")["logs"]]
    paths = [path for path in every if access == (path.name == ACCESS)]
    if not paths:
        raise NotFoundError(f"{subject} has no log yet", next=subject.command("app.deploy"))
    return followed(subject.machine, commands.tail(paths, lines, follow=follow))


@task(reports=False)
def shell(name: str | None = None, env: str = PRODUCTION, platform: str | None = None) -> int:
    """Open the app's shell, with its whole env.

    That is `commands: shell:` of its .flipside-app, else Python.
    """
    return _enter(here.subject(name, env, platform), words_after_dashes())


@task(reports=False)
def execute(name: str | None = None, env: str = PRODUCTION, platform: str | None = None) -> int:
    """Run the command after -- as the app.

    In the tree of the release that is live, with its whole env; the status is the command's.
    """
    words = words_after_dashes()
    if not words:
        raise FlipsideError("there is nothing to run", next="flipside app.exec -- COMMAND ...")
    return _enter(here.subject(name, env, platform), words)


def _enter(subject: Subject, words: list[str]) -> int:
    from flipside.targets import commands
    from flipside.tasks.terminal import attached

    kind = os.environ.get("TERM", "dumb")
    enter = commands.enter(subject.machine.root, subject.app, subject.env, words, kind)
    return attached(subject.machine, enter)
