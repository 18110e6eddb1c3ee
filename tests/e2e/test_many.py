"""Many apps beside each other: names that begin alike, ten deploys at once, two of one app."""

import json

import pytest
from e2e.rig import until

NAMES = ("app1", "app10", "app1-x", "app")


def running(app):
    """What must not change when another app is touched."""
    status = until(lambda: (now := app.status)["state"] == "running" and now)
    return {key: status[key] for key in ("pid", "generation", "release", "since")}


def finished(commands):
    return [(*process.communicate(timeout=200), process.returncode) for process in commands]


@pytest.fixture
def alike(make_app):
    apps = {name: make_app(name) for name in NAMES}
    for app in apps.values():
        app.ship()
        assert app.http("/rows", method="POST", body=app.name).status == 200
    return apps


def test_apps_whose_names_begin_alike_never_touch_each_other(alike):
    for touched in ("app1", "app"):
        app = alike[touched]
        rest = [other for name, other in alike.items() if name != touched]
        before = [running(other) for other in rest]
        for task in (["app.restart"], ["app.restart", "--cold"], ["app.config", "set", "A=1"]):
            app.flipside(*task)
        app.ship("2")
        app.flipside("app.rollback")
        app.flipside("app.stop")
        assert [running(other) for other in rest] == before
        app.flipside("app.destroy", "--yes", "--data")
        assert [running(other) for other in rest] == before
        for other in rest:
            assert other.version == "1"
            assert other.rows() == [other.name]
            assert (other.platform / f"store/manifests/{other.name}").is_dir()
        app.ship("1")
        assert app.http("/rows", method="POST", body=touched).status == 200


def test_ten_apps_deployed_at_once_all_go_live(platform, make_app):
    apps = [make_app(f"ten{number}") for number in range(10)]
    for app in apps:
        app.publish(app.name)
    flipside = platform.flipside
    commands = [flipside.begin("app.deploy", "--json", cwd=app.folder) for app in apps]
    for app, (out, err, status) in zip(apps, finished(commands), strict=True):
        assert status == 0, (app.name, out, err)
        assert json.loads(out)["changed"]
    assert [app.version for app in apps] == [app.name for app in apps]
    assert platform.flipside("platform.apply", "--json").json["changed"] == []


def test_of_two_deploys_at_once_none_is_lost_and_none_is_half_done(platform, make_app):
    app = make_app("contested")
    first, second = app.publish("1"), app.publish("2")
    begin = platform.flipside.begin
    commands = [
        begin("app.deploy", "--release", release, cwd=app.folder) for release in (first, second)
    ]
    done = finished(commands)
    won = [status == 0 for _, _, status in done]
    assert any(won), done
    for _, err, status in done:
        assert status == 0 or "deploy lock held by " in err, err
        assert status == 0 or " since " in err, err
    live = app.status["release"]
    assert live in [one for one, ok in zip((first, second), won, strict=True) if ok]
    assert app.version == {first: "1", second: "2"}[live]
    actions = [one["result"] for one in app.flipside("app.history", "--json").json]
    assert actions.count("ok") == sum(won)
    # Nothing is locked afterwards.
    app.deploy("--release", first)
    assert app.version == "1"
