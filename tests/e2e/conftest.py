"""One real local platform for all tests of a run; each test has apps of its own on it, by name.

Nothing is stood in for: Salt, supervisord, nginx, uwsgi, memcached and rsyslog run as they do for
a user, and a component that is missing fails the tests.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from e2e.rig import App, Flipside, Platform, temporary


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A platform; destroyed at the end, when nothing of it may be left."""
    made = Platform(temporary())
    try:
        made.bootstrap()
        yield made
    finally:
        made.destroy()


@pytest.fixture
def make_platform() -> Iterator[Callable[..., Platform]]:
    """Make a platform of the test's own (20 s to boot); `.bootstrap()` is left to the test."""
    made: list[Platform] = []

    def make(**settings: Any) -> Platform:
        made.append(Platform(temporary(), **settings))
        return made[-1]

    yield make
    for one in made:
        one.destroy()


@pytest.fixture
def flipside(platform: Platform) -> Flipside:
    """The `flipside` command in the platform's folder."""
    return platform.flipside


@pytest.fixture
def make_app(platform: Platform) -> Iterator[Callable[..., App]]:
    """Make an app of the test's own on the platform: code only; its end is seen to."""
    made: list[App] = []

    def make(name: str, template: str | None = None, **changes: Any) -> App:
        made.append(platform.app(name).make(template, **changes))
        return made[-1]

    yield make
    for app in made:
        if app.place().exists():
            app.run("app.destroy", app.name, "--yes", "--data")
        shutil.rmtree(app.folder, ignore_errors=True)


# Other people's apps, as it were: their tests are theirs, and run by `app.test`.
collect_ignore = ["apps"]
