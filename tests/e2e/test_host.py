"""A platform on a machine that ssh reaches, by a user who is not root there."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from e2e.conftest import apps_of
from e2e.rig import App, temporary, until
from e2e.rig_host import HostPlatform
from functional import box as boxes

# A deploy step that says that it began, and takes its time.
STEP = {"deploy": [{"run": 'echo began >>"$DATA_DIR/steps"; sleep 5', "unless": "test -e done"}]}


@pytest.fixture(scope="module")
def platform(
    machine_image: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HostPlatform]:
    with boxes.running(machine_image("host"), tmp_path_factory.mktemp("box")) as box:
        made = HostPlatform(temporary(), box)
        made.bootstrap()
        yield made
        made.destroy()
        left = made.sh(
            "ls -d /srv/* /run/flipside /etc/systemd/system/flipside* 2>/dev/null || true"
        )
        assert left == ""


@pytest.fixture
def make_app(platform: HostPlatform) -> Iterator[Callable[..., App]]:
    with apps_of(platform) as make:
        yield make


def test_app_is_published_deployed_and_rolled_back(
    platform: HostPlatform, make_app: Callable[..., App]
) -> None:
    app = make_app("first")
    app.ship("1")
    assert app.version == "1"
    app.ship("2")
    assert app.version == "2"
    app.flipside("app.rollback")
    assert app.version == "1"
    assert platform.flipside("platform.doctor").status == 0


def test_second_bootstrap_changes_nothing(platform: HostPlatform) -> None:
    assert "changed" not in platform.bootstrap().err


def test_shell_is_roots_in_the_platforms_folder(platform: HostPlatform) -> None:
    done = platform.flipside.run("platform.ssh", stdin="pwd; id -un; exit 4\n")
    assert (done.status, done.out) == (4, "/srv/flipside\nroot\n")


@pytest.mark.parametrize("end", ["interrupt", "cut"])
def test_deploy_that_is_cut_short_can_be_run_again(
    platform: HostPlatform, make_app: Callable[..., App], end: str
) -> None:
    """Ctrl-C undoes it on the machine; after a cut what served still serves, or the new one does."""
    app = make_app(end)
    app.ship("1")
    app.configure(steps=STEP)
    app.publish("2")
    running = platform.flipside.begin("app.deploy", cwd=app.folder)
    until(lambda: platform.sh(f"ls {app.place()}/data/steps 2>/dev/null || true"))
    if end == "interrupt":
        os.killpg(running.pid, signal.SIGINT)
    else:
        platform.box.cut()
    _, said = running.communicate()
    assert running.returncode == (130 if end == "interrupt" else 1)
    assert end == "interrupt" or "connection was lost midway" in said
    assert app.version in ({"1"} if end == "interrupt" else {"1", "2"})
    until(lambda: app.run("app.deploy").status == 0, 90)
    assert app.version == "2"
