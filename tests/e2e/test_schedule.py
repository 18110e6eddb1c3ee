"""The highstate runs by itself, through Salt's own scheduler, and platform.status tells of it."""

import time

from e2e.rig import until


def test_the_scheduled_highstate_corrects_and_is_reported(platform):
    assert "minutes: 15" in platform.salt("schedule.list")
    before = platform.status["highstate"]["at"]
    config = platform / "etc/nginx/nginx.conf"
    right = config.read_text()
    config.write_text(right + "# by hand\n")
    assert platform.salt("schedule.run_job", "highstate")["result"]
    until(lambda: platform.status["highstate"]["at"] > before, 60)
    last = platform.status["highstate"]
    assert config.read_text() == right
    assert [one["id"] for one in last["changed"]] == ["nginx-config", "nginx-service"]
    assert last["failed"] == []
    assert 0 < time.time() - last["at"] < 60
    text = platform.flipside("platform.status").out
    assert "2 changed, 0 failed" in text
    assert "corrected just now: nginx-config, nginx-service" in text
    assert platform.flipside("platform.status", "--acknowledge", "--json").json["drift"]
    assert platform.status["drift"] == []


def test_the_minion_starts_jobs_by_the_clock(platform):
    platform.salt("schedule.add", "tick", "function=test.ping", "seconds=1", "return_job=False")
    try:
        until(lambda: "tick" in platform.salt("schedule.list"))
        until(lambda: platform.salt("schedule.job_status", "tick").get("_last_run"), 60)
    finally:
        platform.salt("schedule.delete", "tick")
