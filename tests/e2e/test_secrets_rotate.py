"""The platform's key: made once, the same after the machine was lost, and replaced while all apps serve."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e.harm import ended, says
from e2e.load import Load
from e2e.rig_keyed import Keyed

ROTATE = "secret.rotate-key"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyed]:
    own = Keyed(tmp_path_factory.mktemp("keys"))
    try:
        own.begin()
        yield own
    finally:
        own.destroy()


def test_a_rotation_is_not_noticed(made: Keyed) -> None:
    before = made.public
    pids = [app.http("/process").json["pid"] for app in made.apps]
    with Load(made.port, made.apps[0].host).running() as seen:
        done = made.flipside(ROTATE)
    assert seen.failures == {}, str(seen)
    assert [app.http("/process").json["pid"] for app in made.apps] == pids
    assert made.public != before
    assert str(made.keys) in done.out
    made.rotated()


Moment = Callable[[Keyed, subprocess.Popen[str]], object]


def said(number: int) -> Moment:
    """It has said so many lines."""
    return lambda _, running: [running.stdout.readline() for _ in range(number)]


def replaced(path: str) -> Moment:
    """A file below the platform's folder is another."""

    def wait(made: Keyed, running: subprocess.Popen[str]) -> None:
        before = (made.folder / path).read_bytes()
        while (made.folder / path).read_bytes() == before and running.poll() is None:
            pass

    return wait


def forgot(made: Keyed, running: subprocess.Popen[str]) -> None:
    """The machine has one key again, and it is not the old one."""
    before = made.public
    while (len(made.public) == 2 or made.public == before) and running.poll() is None:
        pass


MOMENTS: dict[str, Moment] = {
    "the secrets are opened": said(1),
    "the folder names the coming key": replaced("pillar/secrets/recipients.yml"),
    "the machine has both": replaced(".flipside/etc/age.key"),
    "one sheet of the folder is sealed anew": replaced("pillar/secrets/one/production.sls"),
    "one of the machine is": replaced(".flipside/store/pillar/generated/one/production.sls"),
    "one was sent": replaced(".flipside/store/pillar/secrets/one/production.sls"),
    "all were sent": said(4),
    "the machine forgot the old one": forgot,
}

# Moments after which it may have ended before it is killed.
LATE = (MOMENTS["all were sent"], forgot)


@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS)
def test_killed_it_is_finished_by_running_it_again(made: Keyed, moment: Moment) -> None:
    before = made.public
    running = made.flipside.begin(ROTATE)
    moment(made, running)
    os.killpg(running.pid, signal.SIGKILL)
    killed = ended(running).status == -signal.SIGKILL
    assert killed or moment in LATE
    made.whole()
    if killed:
        made.flipside(ROTATE)
    assert before[0] not in made.public
    made.rotated()


def test_the_machine_is_lost_and_made_anew(made: Keyed, tmp_path: Path) -> None:
    key = (made / "etc/age.key").read_bytes()
    other = {"FLIPSIDE_KEYS": str(tmp_path)}
    says(made.flipside.run(ROTATE, env=other), "no private key", str(tmp_path))
    made.flipside("platform.destroy", "--yes", "--data", timeout=180)
    for _ in range(2):
        done = made.flipside.run("platform.bootstrap", env=other)
        says(done, made.recipients.name, "put its key file into", str(tmp_path))
    assert not (made / "etc/age.key").exists()
    made.bootstrap()
    assert (made / "etc/age.key").read_bytes() == key
    for app in made.apps:
        app.publish()
        app.deploy()
    made.rotated()
    # It has its key now: whoever has none can do all else.
    made.flipside("platform.bootstrap", env=other)
    made.rotated()
