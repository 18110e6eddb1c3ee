"""Tasks that need no platform: an app made, run and tested in its own folder."""

from __future__ import annotations

from pathlib import Path

from flipside.console import get_console
from flipside.errors import FlipsideError
from flipside.parser import words_after_dashes
from flipside.tasks import here
from flipside.tasks.declare import task


@task(
    name="The app's name, a DNS label",
    folder="Its folder, ./NAME if absent; an existing project gets a .flipside-app and nothing else",
    template="The app template; if absent what suits the code, or python-django-sqlite",
)
def bootstrap(
    name: str | None = None, folder: str | None = None, template: str | None = None
) -> None:
    """Make an app, or adopt an existing project.

    A folder that is missing or empty gets the template's skeleton; one with a project gets a
    .flipside-app only, its values guessed from the code.
    """
    from flipside.apps import template as templates
    from flipside.tasks.show import made

    if not name:
        raise FlipsideError("the new app has no name", next="flipside app.bootstrap NAME")
    done = templates.bootstrap(name, Path(folder or name), template)
    get_console().report(done, lambda it: made.show(it, name))


@task(reports=False, port="The port; a free one from 8000 on if 0")
def run(name: str | None = None, port: int = 0) -> int:
    """Run the app in its folder, reloading on change."""
    from flipside.apps import develop

    return develop.run(here.app_here(name), port or None, get_console().say)


@task(reports=False)
def own_tests(name: str | None = None) -> int:
    """Run the app's tests in its folder.

    Words after -- go to its test command.
    """
    from flipside.apps import develop

    return develop.test(here.app_here(name), words_after_dashes(), get_console().say)
