"""What people read of releases, apps and platforms."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from flipside.apps.subject import Subject
from flipside.tasks.show import apps, made, platform, releases

SUBJECT = Subject("guestbook", "production", None)
BOX = SimpleNamespace(
    config=SimpleNamespace(name="box", target="local", domain="localhost"), path="/box/file"
)
RUNNING = {
    "app": "guestbook",
    "env": "production",
    "release": "1-a",
    "state": "running",
    "deploying": None,
    "since": "2020-01-01T00:00:00+00:00",
    "memory": 40_000_000,
    "url": "http://guestbook.localhost:8080/",
    "urls": ["http://guestbook.localhost:8080"],
}
NEVER = {"app": "blog", "env": "staging", "state": "never deployed", "release": None}
SWITCHED = {
    "release": "2-b",
    "previous": "1-a",
    "changed": True,
    "urls": ["http://guestbook.localhost:8080"],
    "traffic": {"requests": 250, "failed": 0, "longest": 0.0381},
}


@pytest.fixture
def said(capsys):
    def read() -> str:
        return capsys.readouterr().out

    return read


def test_a_deploy_says_what_is_live_and_what_users_felt(said) -> None:
    releases.switched(SWITCHED, SUBJECT)
    text = said()
    assert "guestbook production: 2-b is live (before: 1-a)\n" in text
    assert "  250 requests meanwhile, 0 failed, the longest took 38 ms\n" in text
    assert "next: flipside app.status guestbook\n      flipside app.rollback guestbook\n" in text


def test_a_deploy_of_what_is_live_says_that_nothing_changed(said) -> None:
    releases.switched({**SWITCHED, "changed": False, "previous": "2-b", "traffic": None}, SUBJECT)
    text = said()
    assert "2-b was live already; nothing changed" in text
    assert "rollback" not in text


@pytest.mark.parametrize(
    ("counted", "text"),
    [
        ({"requests": 0, "failed": 0, "longest": 0.0}, "no request came meanwhile"),
        (
            {"requests": 1, "failed": 1, "longest": 2.5},
            "1 request meanwhile, 1 failed, the longest took 2500 ms",
        ),
    ],
)
def test_traffic_is_counted(counted, text) -> None:
    assert releases.traffic(counted) == text


def test_the_releases_id_is_the_last_line_of_a_publish(said) -> None:
    releases.published(SimpleNamespace(manifest={"id": "2-b"}))
    assert said().splitlines()[-1] == "2-b"


def test_releases_are_a_table_with_their_age(said) -> None:
    one = {"id": "1-a", "at": "2020-01-01", "by": "ann@laptop", "tags": ["latest", "v1"]}
    releases.releases({"app": "guestbook", "releases": [{**one, "live": []}]})
    heading, row, *_ = said().splitlines()
    assert heading.split() == ["RELEASE", "PUBLISHED", "BY", "TAGS", "LIVE", "IN"]
    assert "days ago" in row
    assert "latest, v1" in row
    releases.releases({"app": "guestbook", "releases": []})
    assert "next: flipside app.publish" in said()


def test_the_history_shows_the_first_line_of_a_detail(said) -> None:
    entry = {"at": "2020-01-01", "by": "ann@laptop", "action": "deploy", "result": "failed"}
    releases.history([{**entry, "seconds": 1.25, "detail": "no answer\nTraceback"}])
    text = said()
    assert "no answer" in text
    assert "Traceback" not in text
    releases.history([])
    assert said() == "nothing has been done to it yet\n"


def test_apps_are_a_table(said) -> None:
    deploying = {**RUNNING, "env": "staging", "deploying": {"by": "ann@laptop"}}
    apps.several([RUNNING, NEVER, deploying])
    _, first, second, third = said().splitlines()
    assert "40.0 MB" in first
    assert second.split()[:4] == ["blog", "staging", "never", "deployed"]
    assert "deploying" in third


def test_an_app_shows_what_it_has_and_no_value_of_its_env(said) -> None:
    lock = {"by": "ann@laptop", "since": "2020-01-01", "action": "deploy 2-b"}
    app = {**RUNNING, "config": {"TOKEN": "s3cret"}, "deploying": lock, "data": "/data"}
    apps.one(app, SUBJECT)
    text = said()
    assert "guestbook production: running\n" in text
    assert "TOKEN" in text
    assert "s3cret" not in text
    assert "deploy 2-b by ann@laptop" in text


def test_an_app_that_does_not_run_says_what_to_type(said) -> None:
    apps.one({**NEVER, "app": "guestbook"}, SUBJECT)
    assert said().endswith("next: flipside app.deploy guestbook\n")


def test_a_changed_env_says_whether_the_app_has_it(said) -> None:
    done = {"config": {"A": "1"}, "restarted": True}
    apps.settings(done, SUBJECT, changed=True)
    assert said().startswith("A=1\nguestbook production runs with it\n")
    apps.settings({**done, "restarted": False}, SUBJECT, changed=True)
    assert "it counts from the next deploy on" in said()
    apps.settings({"config": {}, "restarted": False}, SUBJECT, changed=False)
    assert "next: flipside app.config guestbook set KEY=VALUE" in said()


def test_a_destroyed_app_says_where_its_data_is(said) -> None:
    apps.destroyed({"kept": "/data"}, SUBJECT)
    assert "its data is kept in /data" in said()
    apps.destroyed({"kept": None}, SUBJECT)
    assert "no data is left of it" in said()


def test_a_platform_shows_its_last_highstate_and_the_next(said) -> None:
    last = {"at": time.time(), "seconds": 0.5, "total": 25, "changed": [1, 2], "failed": []}
    component = {"name": "nginx", "state": "fatal", "uptime": None, "memory": None}
    state = {"root": "/srv", "http_port": 8080, "disk": {"free": 1e9, "total": 2e9}}
    state |= {"highstate": last, "next_highstate": time.time() + 600, "drift": []}
    platform.status({**state, "components": [component], "apps": []}, BOX)
    text = said()
    assert "highstate: just now in 0.5 s: 2 changed, 0 failed of 25; next in " in text
    assert "nginx      fatal  -   -" in text
    assert text.endswith("next: flipside platform.doctor\n")
    assert platform.highstate({"highstate": None}) == "never ran"
    late = {"highstate": last, "next_highstate": 1.0}
    assert platform.highstate(late).endswith("next any moment")


def test_the_doctor_repeats_no_advice(said) -> None:
    bad = {"name": "a", "ok": False, "detail": "down", "next": "flipside platform.bootstrap"}
    good = {"name": "b", "ok": True, "detail": "fine", "next": None}
    platform.doctor({"checks": [bad, bad, good]})
    assert said().count("flipside platform.bootstrap") == 1
    platform.doctor({"checks": [good]})
    assert said().endswith("everything is as it should be\n")


def test_a_plan_and_its_result_say_what_comes_next(said) -> None:
    changed = {"id": "x", "name": "x", "comment": "", "changes": {"mode": "0644"}}
    platform.plan({"total": 3, "changed": [changed]})
    text = said()
    assert "1 of 3 states would change" in text
    assert "next: flipside platform.apply" in text
    platform.applied({"total": 3, "changed": []})
    assert "none of 3 states changed something" in said()


def test_a_platform_that_is_up_or_gone_says_so(said) -> None:
    platform.made({"http_port": 8080, "apps": []}, BOX)
    assert "its apps are at http://<app>.localhost:8080" in said()
    platform.destroyed({"name": "box", "kept": "/box/flipside-data"}, BOX)
    assert "is kept in /box/flipside-data" in said()


def test_an_adopted_app_shows_what_was_guessed_and_why(said, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    guess = SimpleNamespace(key="build.kind", value="tree", why="there is no pyproject.toml")
    done = SimpleNamespace(
        path=tmp_path / "blog",
        written=[tmp_path / "blog/.flipside-app"],
        guessed=[guess],
        notes=["x"],
    )
    made.show(done, "blog")
    text = said()
    assert "  wrote .flipside-app\n" in text
    assert "build.kind  tree   there is no pyproject.toml" in text
    assert "to decide: x\n" in text
    assert "next: cd blog\n" in text
