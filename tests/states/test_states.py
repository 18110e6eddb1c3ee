"""The custom states in both modes and twice in a row, and the highstate with real daemons."""

from __future__ import annotations

import copy
import http.client
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from flipside.machine.layout import Layout
from flipside.machine.lock import deploy_lock

NAMES = {"app": "guestbook", "env": "production"}
FORMULAS = ("service", "programs", "rsyslog", "logrotate", "memcached", "nginx", "backup")


@pytest.fixture(scope="module")
def box(supervised_with: Any) -> Iterator[Any]:
    """A minion that wants one app, with a supervisord."""
    with supervised_with("one") as made:
        yield made.minion


def outcome(result: dict[str, Any]) -> tuple[Any, bool]:
    return result["result"], bool(result["changes"])


def test_live_plans_what_it_would_do(box: Any) -> None:
    """In test mode nothing is begun, not even a folder is made."""
    found = box.state("flipside.live", test=True, name="x", **NAMES)
    assert outcome(found) == (None, True)
    assert found["comment"] == "0.1.0-0a1b2c3d is not live"
    assert not (box.root / "apps").exists()


def test_live_that_cannot_be_is_a_failure_with_our_error(box: Any) -> None:
    """The store lacks the release's files: told as such, twice the same."""
    for _ in range(2):
        found = box.state("flipside.live", name="x", **NAMES)
        assert outcome(found) == (False, False)
        assert set(found["flipside_error"]) == {"class", "what", "where", "next"}
        assert found["comment"] == found["flipside_error"]["what"]


def test_live_leaves_alone_what_a_person_is_changing(box: Any) -> None:
    """The highstate comes again; a deploy has to say that it did not happen."""
    lock = Layout(box.root, box.run).lock("guestbook", "production")
    with deploy_lock(lock, "eve@desk", "deploy"):
        scheduled = box.state("flipside.live", name="x", **NAMES)
        asked = box.state("flipside.live", name="x", action="deploy", by="ann", **NAMES)
    assert outcome(scheduled) == (True, False)
    assert outcome(asked) == (False, False)
    assert "eve@desk" in asked["comment"]


def test_gone_in_both_modes_and_twice(box: Any) -> None:
    layout = Layout(box.root, box.run)
    data = layout.data("guestbook", "production")
    data.mkdir(parents=True, exist_ok=True)
    (data / "app.db").write_text("rows")
    layout.releases("guestbook", "production").mkdir(exist_ok=True)
    gone = {**NAMES, "name": "x", "data": False, "by": "ann"}
    assert outcome(box.state("flipside.gone", test=True, **gone)) == (None, True)
    assert layout.releases("guestbook", "production").exists()
    done = box.state("flipside.gone", **gone)
    assert outcome(done) == (True, True)
    assert done["changes"]["kept"] == str(data)
    assert (data / "app.db").read_text() == "rows"
    for test in (False, True):
        assert outcome(box.state("flipside.gone", test=test, **gone)) == (True, False)


@pytest.fixture(scope="module")
def platform(supervised_with: Any, free_port: int) -> Iterator[Any]:
    """A minion whose formulas were applied for real."""
    with supervised_with("none", nginx={"http_port": free_port}) as made:
        made.minion.port = free_port
        planned = made.minion.apply(*FORMULAS, test=True)
        assert False not in {one["result"] for one in planned.values()}, planned
        assert made.minion("service.get_all") == []
        made.first = made.minion.apply(*FORMULAS)
        yield made


def asked(port: int) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/", headers={"Host": "nobody.localhost"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_formulas_hold_at_the_first_run(platform: Any) -> None:
    failed = {name: one["comment"] for name, one in platform.first.items() if not one["result"]}
    assert failed == {}
    assert platform.minion("service.get_all") == ["backup", "memcached", "nginx", "rsyslog"]
    assert asked(platform.minion.port) == (404, b"No app goes by this name here.\n")


@pytest.mark.parametrize("test", [True, False], ids=["plan", "apply"])
def test_second_run_changes_nothing(platform: Any, test: bool) -> None:
    found = platform.minion.apply(*FORMULAS, test=test)
    assert {name for name, one in found.items() if one["changes"]} == set()
    assert {one["result"] for one in found.values()} == {True}


def test_changed_file_is_put_right_and_nginx_told(platform: Any) -> None:
    """By a reload: whoever is connected stays so."""
    conf = platform.minion.root / "etc/nginx/nginx.conf"
    before, pid = conf.read_text(), platform.info("nginx")["pid"]
    conf.write_text(before + "# by hand\n")
    found = platform.minion.apply(*FORMULAS)
    changed = {one["__id__"] for one in found.values() if one["changes"]}
    assert changed == {"nginx-config", "nginx-service"}
    assert conf.read_text() == before
    assert platform.info("nginx")["pid"] == pid


def test_killed_component_comes_back(platform: Any) -> None:
    pid = platform.info("memcached")["pid"]
    os.kill(pid, 9)
    deadline = time.monotonic() + 10
    while platform.info("memcached")["pid"] in (0, pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert platform.until("memcached", "RUNNING") == "RUNNING"


def test_stopped_component_is_started(platform: Any) -> None:
    platform.minion("service.stop", "nginx")
    found = platform.minion.apply(*FORMULAS)
    assert {one["__id__"] for one in found.values() if one["changes"]} == {"nginx-service"}
    assert asked(platform.minion.port)[0] == 404


def test_refused_configuration_is_not_put_in_place(platform: Any) -> None:
    """`nginx -t` comes first; what runs goes on as it was."""
    conf = platform.minion.root / "etc/nginx/nginx.conf"
    before = conf.read_text()
    settings = copy.deepcopy(platform.minion.pillar)
    settings["flipside"]["nginx"]["worker_connections"] = "many"
    found = platform.minion.apply("nginx", **settings)
    results = {one["__id__"]: one for one in found.values()}
    assert results["nginx-config"]["result"] is False
    assert "many" in str(results["nginx-config"])
    assert conf.read_text() == before
    assert asked(platform.minion.port)[0] == 404
