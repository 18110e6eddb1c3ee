"""A real platform of each kind for all tests of a run; each test has apps of its own on it, by name.

Nothing is stood in for: Salt, supervisord or systemd, nginx, uwsgi, memcached and rsyslog run as they do for
a user, and a component that is missing fails the tests.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from e2e.rig import AnyPlatform, App, Flipside, Platform, temporary
from e2e.rig_attack import Neighbours, taken
from e2e.rig_docker import DockerPlatform


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A platform; destroyed at the end, when nothing of it may be left."""
    made = Platform(temporary())
    try:
        made.bootstrap()
        yield made
    finally:
        made.destroy()


@pytest.fixture(scope="session")
def docker_platform(machine_image: Callable[[str], str]) -> Iterator[DockerPlatform]:
    """A platform in a container; destroyed at the end."""
    machine_image("machine")
    made = DockerPlatform(temporary())
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
    with apps_of(platform) as make:
        yield make


@pytest.fixture
def make_docker_app(docker_platform: DockerPlatform) -> Iterator[Callable[..., App]]:
    """Make an app of the test's own on the platform in a container."""
    with apps_of(docker_platform) as make:
        yield make


@pytest.fixture(scope="session")
def neighbours(docker_platform: DockerPlatform) -> Iterator[Neighbours]:
    """Two apps on the platform in a container, one of them taken over."""
    media = [{"url": "/media/", "path": "data:media"}]
    limits = {"memory": "128M", "tasks": 40}
    with apps_of(docker_platform) as make:
        yield Neighbours(
            taken(docker_platform, make, "attacker", static=media, resources=limits),
            taken(docker_platform, make, "victim"),
        )


@contextmanager
def apps_of(platform: AnyPlatform) -> Iterator[Callable[..., App]]:
    """Make apps on a platform; they are destroyed in the end."""
    made: list[App] = []

    def make(name: str, template: str | None = None, **changes: Any) -> App:
        made.append(platform.app(name).make(template, **changes))
        return made[-1]

    yield make
    for app in made:
        if platform.has(app):
            app.run("app.destroy", app.name, "--yes", "--data")
        shutil.rmtree(app.folder, ignore_errors=True)


# Other people's apps, as it were: their tests are theirs, and run by `app.test`.
collect_ignore = ["apps"]
