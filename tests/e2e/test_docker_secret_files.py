"""Who can read secrets on a machine with systemd: the app's own user its own, and root all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

from e2e.inside import sh
from e2e.rig import App
from e2e.rig_docker import DockerPlatform

from flipside.machine import users

KEY = "/srv/flipside/etc/age.key"


def paths(app: App) -> dict[str, str]:
    """What is secret on the machine, with its owner and mode."""
    sheets = f"/srv/flipside/store/pillar/*/{app.name}/*.sls"
    found = sh(app, f"stat -c '%U:%G %a %n' {KEY} {sheets} {app.place()}/generations/*/env.json")
    return {line.split()[2]: line.rsplit(maxsplit=1)[0] for line in found.splitlines()}


@contextmanager
def opened(app: App, path: str) -> Iterator[None]:
    """Let everybody read a file, and enter every folder above it, during the block."""
    above = [str(one) for one in PurePosixPath(path).parents]
    modes = sh(app, f"stat -c '%a %n' {path} {' '.join(above)}").splitlines()
    sh(app, f"chmod a+r {path} && chmod a+x {' '.join(above)}")
    try:
        yield
    finally:
        sh(app, "; ".join(f"chmod {mode}" for mode in modes))


def reads(app: App, user: str, path: str) -> bool:
    """Whether a user can read a file."""
    platform: DockerPlatform = app.platform
    return platform.sh(f"runuser -u {user} -- cat {path}").status == 0


def test_who_can_read_them(make_docker_app: Callable[..., App]) -> None:
    app, other = make_docker_app("reader", secrets=["SECRET_KEY"]), make_docker_app("nosy")
    app.flipside("secret.set", "TOKEN", stdin="secret")
    for one in (app, app, other):
        one.ship()
        one.write(version_txt="2")
    user, found = users.name_of(app.name), paths(app)
    kinds = {PurePosixPath(path).parts[-3] for path in found}
    assert kinds >= {"flipside", "secrets", "generated", "generations"}
    own = {path for path in found if path.endswith("/env.json")}
    assert len(own) == 2
    assert found == dict.fromkeys(found, "root:root 600") | dict.fromkeys(own, f"{user}:{user} 400")
    strangers = (users.name_of(other.name), "www-data", "nobody")
    for path in found:
        with opened(app, path):
            assert {reads(app, stranger, path) for stranger in strangers} == {True}
        assert {reads(app, stranger, path) for stranger in strangers} == {False}
        assert reads(app, user, path) == (path in own)
    assert paths(app) == found
