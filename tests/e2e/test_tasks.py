"""The tasks about a platform, each for real."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from e2e.rig import TOP, environment


def contents(platform):
    """What the states and bootstrap have written."""
    files = [path for path in (platform / "etc").rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files}


def pids(platform):
    return {one["name"]: one["pid"] for one in platform.status["components"]}


def test_a_second_bootstrap_changes_nothing(platform):
    # Sheets that other tests' deploys brought into the folder are sent once.
    platform.bootstrap()
    before, running = contents(platform), pids(platform)
    done = platform.bootstrap()
    assert "changed" not in done.out
    assert contents(platform) == before
    assert pids(platform) == running


def test_status_names_what_runs_and_how_the_highstate_went(platform):
    status = platform.status
    assert {one["name"]: one["state"] for one in status["components"]} == dict.fromkeys(
        ("salt-master", "salt-minion", "nginx", "memcached", "rsyslog", "backup", "logs"), "running"
    )
    assert all(one["memory"] > 100_000 for one in status["components"])
    assert status["highstate"]["failed"] == []
    assert status["highstate"]["at"] <= time.time() < status["next_highstate"]
    text = platform.flipside("platform.status").out
    assert f"web server on port {platform.port}" in text
    assert "0 failed" in text


def test_only_the_loopback_is_listened_on(platform):
    mine = platform.processes()
    heard = [one.laddr.ip for process in mine for one in process.net_connections("tcp")]
    assert heard
    assert set(heard) == {"127.0.0.1"}


def test_what_a_hand_changed_shows_in_the_plan_and_apply_undoes_it(platform):
    config = platform / "etc/nginx/nginx.conf"
    right, running = config.read_text(), pids(platform)
    config.write_text(right + "# by hand\n")
    plan = platform.flipside("platform.plan")
    assert "-# by hand" in plan.out
    assert config.read_text() == right + "# by hand\n"
    assert [one["id"] for one in platform.flipside("platform.plan", "--json").json["changed"]] == [
        "nginx-config",
        "nginx-service",
    ]
    platform.flipside("platform.apply")
    assert config.read_text() == right
    # A reload of nginx was all it took: nobody lost a cache or a line of a log.
    assert pids(platform) == running
    assert platform.flipside("platform.apply", "--json").json["changed"] == []
    assert "nothing would change" in platform.flipside("platform.plan").out


def test_apply_twice_changes_nothing_with_apps_on_the_platform(platform, make_app):
    app = make_app("unmoved")
    app.ship()
    before, generation = contents(platform), app.status["generation"]
    for _ in range(2):
        assert platform.flipside("platform.apply", "--json").json["changed"] == []
    assert contents(platform) == before
    assert app.status["generation"] == generation


def test_a_site_that_a_hand_changed_shows_in_the_plan_and_apply_undoes_it(platform, make_app):
    app = make_app("handmade")
    app.ship()
    site = platform / "etc/nginx/sites/handmade.production.conf"
    right = site.read_text()
    site.write_text(right.replace("100m", "1k"))
    assert "client_max_body_size 100m;" in platform.flipside("platform.plan").out
    platform.flipside("platform.apply")
    assert site.read_text() == right
    assert platform.flipside("platform.apply", "--json").json["changed"] == []


def test_doctor_finds_a_good_platform_good(platform):
    checks = platform.flipside("platform.doctor", "--json").json["checks"]
    assert all(check["ok"] for check in checks), checks
    assert {"salt", "nginx", "rsyslog", "disk"} <= {check["name"] for check in checks}


def test_logs_of_all_components_or_of_one(platform):
    assert "==>" in platform.flipside("platform.logs", "-n", "1").out
    one = platform.flipside("platform.logs", "supervisord", "-n", "3")
    assert "==>" not in one.out
    assert 0 < len(one.out.splitlines()) <= 3


def test_ssh_is_a_shell_in_the_root_and_its_status_comes_back(platform):
    done = platform.flipside.run("platform.ssh", stdin="pwd\necho $FLIPSIDE_ROOT\nexit 7\n")
    assert done.status == 7
    assert done.out.count(str(platform.root)) >= 2


def test_invoke_in_the_checkout_is_the_same(platform):
    invoke = [str(Path(sys.executable).parent / "invoke"), "platform.status", "--json"]
    done = subprocess.run(
        [*invoke, "--platform", str(platform.folder)],
        cwd=TOP,
        env=environment(platform.home),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f'"http_port": {platform.port}' in done.stdout


def test_settings_of_the_platform_reach_its_states(make_platform):
    """A platform of its own: a setting, a supervisord that is killed, and the end that keeps data."""
    platform = make_platform(highstate_minutes=7, keep=3)
    platform.bootstrap()
    assert "minutes: 7" in platform.salt("schedule.list")
    app = platform.app("kept").make()
    app.ship()
    assert app.http("/rows", method="POST", body="precious").status == 200

    os.kill(int((platform.run / "supervisord.pid").read_text()), signal.SIGKILL)
    down = platform.flipside.fails("platform.status")
    assert "not running" in down.err
    assert platform.flipside.run("platform.doctor").status == 1
    platform.bootstrap()
    assert app.rows() == ["precious"]

    refused = platform.flipside.fails("platform.destroy")
    assert "--yes" in refused.err
    assert app.rows() == ["precious"]
    done = platform.flipside("platform.destroy", "--yes", timeout=180)
    assert not platform.processes()
    assert not platform.root.exists()
    kept = platform.folder / "flipside-data/kept/production/rows.db"
    assert str(platform.folder / "flipside-data") in done.out
    assert kept.exists()
    with pytest.raises(ConnectionError):
        platform.http("kept.localhost")
