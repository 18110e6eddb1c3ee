"""Components that are killed: supervisord brings each back, and the apps serve again."""

import os
import signal

import psutil
import pytest
from e2e.harm import serves
from e2e.rig import until


@pytest.fixture(scope="module")
def app(platform):
    made = platform.app("surviving").make()
    made.release = made.ship("1")
    yield made
    made.flipside("app.destroy", "--yes", "--data")


def find(platform, *words):
    """The processes of the platform that have these words in their command, the oldest first."""
    found = [
        process
        for process in platform.processes()
        if all(word in " ".join(process.cmdline()) for word in words)
    ]
    return sorted(found, key=lambda process: (process.create_time(), process.pid))


def answers(app):
    """Whether the app answers through nginx."""
    try:
        return app.http("/", timeout=5).status == 200
    except OSError:
        return False


def healthy(platform, name):
    """What the doctor says of one thing."""
    checks = platform.flipside.run("platform.doctor", "--json").json["checks"]
    return next(check["ok"] for check in checks if check["name"] == name)


@pytest.mark.parametrize(
    "name", ["nginx", "memcached", "rsyslog", "backup", "logs", "salt-master", "salt-minion"]
)
def test_a_component_comes_back(platform, app, name):
    before = platform.pid(name)
    os.kill(before, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(before))

    def back():
        found = {one["name"]: one for one in platform.status["components"]}
        one = found[name]
        return one["state"] == "running" and one["pid"] != before and answers(app)

    until(back, 60)
    if name == "nginx":
        # Not the workers of the master that was killed: they know nothing of what comes.
        other = platform.app("newcomer").make()
        serves(other, other.ship("1"))
        other.flipside("app.destroy", "--yes", "--data")
    if name.startswith("salt"):
        until(lambda: healthy(platform, "salt"), 60)


@pytest.mark.parametrize("oldest", [True, False])
def test_a_process_of_the_app_comes_back(platform, app, oldest):
    found = until(lambda: find(platform, "surviving/production/generations"))
    killed = found[0 if oldest else -1]
    killed.kill()

    def back():
        status = app.status
        return status["state"] == "running" and status["pid"] != killed.pid and answers(app)

    # A worker that outlived its master may answer once more, so an answer alone proves nothing.
    until(back)
    serves(app, app.release)


def test_an_app_that_somebody_stopped_by_hand_is_brought_back(platform, app):
    service = f"app.surviving.production.{(app.place() / 'current').resolve().name}"
    assert platform.salt("service.stop", service) is True
    until(lambda: not answers(app))
    planned = platform.flipside("platform.plan").out
    assert "surviving.production-live" in planned
    assert "it does not run" in planned
    assert not answers(app)
    assert "surviving.production-live" in platform.flipside("platform.apply").out
    serves(app, app.release)


def test_then_everything_is_as_wanted(platform, app):
    planned = platform.flipside("platform.plan", "--json").json
    assert planned["changed"] == []
    assert healthy(platform, "programs")
    assert healthy(platform, "nginx")
