"""Salt's `service` on a machine without an init, against a real supervisord."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

SLEEP = "/bin/sleep 1000"


@pytest.fixture
def box(supervisord: Any) -> Iterator[Any]:
    """The supervisord, without programs after the test."""
    yield supervisord
    for path in supervisord.programs.glob("*.conf"):
        path.unlink()
    supervisord.minion("service.refresh")
    for name in supervisord.minion("service.get_all"):
        supervisord.minion("service.stop", name)
    supervisord.minion("service.refresh")
    assert supervisord.minion("service.get_all") == []


def test_start_takes_in_the_configuration_and_waits(box: Any) -> None:
    """A program that supervisord had not read yet is RUNNING when `start` returns."""
    assert box.minion("service.get_all") == []
    box.program("web", SLEEP)
    assert box.minion("service.start", "web") is True
    assert box.info("web")["statename"] == "RUNNING"
    assert box.minion("service.start", "web") is True


def test_start_without_waiting_returns_while_starting(box: Any) -> None:
    """What has to be asked over HTTP anyway need not be waited for."""
    box.program("web", SLEEP, startsecs=30)
    begun = time.monotonic()
    assert box.minion("service.start", "web", wait=False) is True
    assert time.monotonic() - begun < 5
    assert box.info("web")["statename"] == "STARTING"
    assert box.minion("service.status", "web") is True


@pytest.mark.parametrize("command", ["/bin/false", "/no/such/program"])
def test_start_of_what_cannot_run_is_false(box: Any, command: str) -> None:
    """That it failed for good is noticed when it does, not when the patience ends."""
    box.program("web", command, startretries=1)
    begun = time.monotonic()
    assert box.minion("service.start", "web") is False
    assert time.monotonic() - begun < 15
    assert box.minion("service.status", "web") is False
    box.program("web", SLEEP)
    assert box.minion("service.start", "web") is True


def test_start_of_an_unknown_program_is_false(box: Any) -> None:
    assert box.minion("service.start", "nobody") is False
    assert box.minion("service.status", "nobody") is False
    assert box.minion("service.available", "nobody") is False
    assert box.minion("service.missing", "nobody") is True


def test_start_in_backoff_tries_at_once(box: Any) -> None:
    """What a program lacked may be there now: the next try is not put off."""
    flag = box.minion.root / "flag"
    script = box.minion.root / "when-flagged"
    script.write_text(f"#!/bin/sh\n[ -e {flag} ] && exec {SLEEP}\nsleep 0.1; exit 1\n")
    script.chmod(0o755)
    box.program("web", str(script), startretries=1000)
    box.minion("service.refresh")
    box.until("web", "BACKOFF")
    assert box.minion("service.status", "web") is False
    flag.touch()
    assert box.minion("service.start", "web") is True


def test_start_while_stopping_waits_and_starts_anew(box: Any) -> None:
    """A program that still finishes its requests is started once it has."""
    script = box.minion.root / "finishes-first"
    script.write_text("#!/bin/sh\ntrap 'sleep 1; exit 0' TERM\nwhile :; do sleep 0.05; done\n")
    script.chmod(0o755)
    box.program("web", str(script), stopwaitsecs=30)
    assert box.minion("service.start", "web") is True
    before = box.info("web")["pid"]
    assert box.minion("service.stop", "web", wait=False) is True
    box.until("web", "STOPPING")
    assert box.minion("service.start", "web") is True
    assert box.info("web")["pid"] not in (0, before)


def test_stop_waits_until_it_is_gone(box: Any) -> None:
    box.program("web", SLEEP)
    box.minion("service.start", "web")
    pid = box.info("web")["pid"]
    assert box.minion("service.stop", "web") is True
    assert not Path(f"/proc/{pid}").exists()
    assert box.minion("service.status", "web") is False
    assert box.minion("service.stop", "web") is True
    assert box.minion("service.stop", "nobody") is True


def test_restart_takes_in_a_changed_command(box: Any) -> None:
    box.program("web", SLEEP)
    box.minion("service.start", "web")
    box.program("web", "/bin/sleep 2000")
    assert box.minion("service.restart", "web") is True
    command = Path(f"/proc/{box.info('web')['pid']}/cmdline").read_bytes()
    assert command == b"/bin/sleep\x002000\x00"


def test_refresh_leaves_what_did_not_change(box: Any) -> None:
    """Adding, changing and removing programs touches only those."""
    for name in ("one", "two", "three"):
        box.program(name, SLEEP)
        box.minion("service.start", name)
    pids = {name: box.info(name)["pid"] for name in ("one", "two")}
    box.program("two", "/bin/sleep 2000")
    box.program("four", SLEEP)
    box.forget("three")
    assert box.minion("service.refresh") is True
    assert box.info("one")["pid"] == pids["one"]
    assert box.until("two", "RUNNING") == "RUNNING"
    assert box.info("two")["pid"] != pids["two"]
    assert box.until("four", "RUNNING") == "RUNNING"
    box.minion("service.refresh")
    assert box.minion("service.get_all") == ["four", "one", "two"]


def test_refresh_does_not_wait_for_what_finishes(box: Any) -> None:
    """A removed program is forgotten by a later refresh, when it has ended."""
    script = box.minion.root / "slow-end"
    script.write_text("#!/bin/sh\ntrap 'sleep 1; exit 0' TERM\nwhile :; do sleep 0.05; done\n")
    script.chmod(0o755)
    box.program("web", str(script), stopwaitsecs=30)
    box.minion("service.start", "web")
    box.forget("web")
    begun = time.monotonic()
    box.minion("service.refresh")
    assert time.monotonic() - begun < 0.9
    assert box.until("web", "STOPPED") == "STOPPED"
    box.minion("service.refresh")
    assert box.minion("service.available", "web") is False


def test_reload_sends_hangup(box: Any) -> None:
    """Upon which nginx and rsyslog read their configuration again; the process stays."""
    told = box.minion.root / "told"
    script = box.minion.root / "reloads"
    script.write_text(f"#!/bin/sh\ntrap 'touch {told}' HUP\nwhile :; do sleep 0.05; done\n")
    script.chmod(0o755)
    box.program("web", str(script), stopsignal="KILL")
    box.minion("service.start", "web")
    pid = box.info("web")["pid"]
    assert box.minion("service.reload", "web") is True
    deadline = time.monotonic() + 5
    while not told.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert told.exists()
    assert box.info("web")["pid"] == pid
    assert box.minion("service.reload", "nobody") is False


def test_what_is_there_is_enabled(box: Any) -> None:
    """Every program starts with supervisord; only its removal ends that."""
    box.program("web", SLEEP)
    for function in ("available", "enabled", "enable"):
        assert box.minion(f"service.{function}", "web") is True
    for function in ("missing", "disabled", "disable"):
        assert box.minion(f"service.{function}", "web") is False
    assert box.minion("service.offline") is False


def test_stop_without_mercy_kills_what_hangs_and_its_children(box: Any) -> None:
    """A release that failed its check may hang, while visitors wait for the one before."""
    hung = "trap '' HUP TERM; sleep 1000 & wait; wait"
    box.program("web", f'/bin/sh -c "{hung}"')
    assert box.minion("service.start", "web") is True
    web = psutil.Process(box.info("web")["pid"])
    while not (children := web.children()):
        time.sleep(0.01)
    begun = time.monotonic()
    assert box.minion("service.stop", "web", mercy=False) is True
    assert time.monotonic() - begun < 5
    _, alive = psutil.wait_procs([web, *children], timeout=5)
    assert [one for one in alive if one.status() != psutil.STATUS_ZOMBIE] == []


def test_service_running_in_both_modes_and_twice(box: Any) -> None:
    """Salt's own state works unmodified: it plans, starts, holds, and notices a killed program."""
    box.program("web", SLEEP)
    planned = box.minion.state("service.running", test=True, name="web")
    assert planned["result"] is None
    assert box.minion("service.get_all") == []
    done = box.minion.state("service.running", name="web")
    assert (done["result"], done["changes"]) == (True, {"web": True})
    again = box.minion.state("service.running", name="web")
    assert (again["result"], again["changes"]) == (True, {})
    os.kill(box.info("web")["pid"], signal.SIGKILL)
    assert box.until("web", "RUNNING", "STARTING")
    dead = box.minion.state("service.dead", name="web")
    assert (dead["result"], dead["changes"]) == (True, {"web": False})
    assert box.info("web")["pid"] == 0


def test_provider_is_asserted(box: Any) -> None:
    """`service_provider.is` holds for ours and fails for any other, in both modes."""
    for test in (True, False):
        good = box.minion.state("service_provider.is", name="supervisord", test=test)
        assert (good["result"], good["changes"]) == (True, {}), good
        bad = box.minion.state("service_provider.is", name="systemd_service", test=test)
        assert (bad["result"], bad["changes"]) == (False, {})
        assert "supervisord" in bad["comment"]


def test_wrong_provider_ends_the_run(box: Any) -> None:
    """Otherwise the states after it would start the distribution's own daemons."""
    pillar = {"flipside": {"service_provider": "systemd_service"}}
    done = box.minion("state.sls", ["service", "memcached"], pillar=pillar)
    assert [one["result"] for one in done.values()] == [False]
    assert box.minion("service.get_all") == []
