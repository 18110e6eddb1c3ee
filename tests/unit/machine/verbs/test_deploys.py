"""Deploying and rolling back: the record, the audit trail, and what serves always agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from flipside.errors import DeployError, FlipsideError, LockedError, NotFoundError
from flipside.machine import generation as generations
from flipside.machine.lock import deploy_lock
from flipside.machine.verbs.deploys import deploy, rollback

NAMES = ("blog", "production")


def record(platform: Any) -> Any:
    return platform.context.records.load(*NAMES)


def last(platform: Any) -> tuple[str, str, str]:
    entry = platform.context.audit.read(*NAMES, 1)[0]
    return entry["action"], entry["result"], entry["release"]


def test_deploy_reports_records_and_serves(platform: Any) -> None:
    one = platform.publish("1", secrets=["KEY"])
    report = deploy(platform.context, *NAMES, "latest", "ann")
    assert (report["release"], report["previous"], report["changed"]) == (one, None, True)
    assert report["traffic"]["requests"] == 0
    assert platform.stage.answer == one
    assert (record(platform)["release"], record(platform)["pending"]) == (one, None)
    assert report["generated"].keys() == {"KEY"}
    assert len(generations.current(platform.stage.layout, *NAMES).variables["KEY"]) >= 48
    assert last(platform) == ("deploy", "ok", one)


def test_same_release_again_changes_nothing(platform: Any) -> None:
    platform.publish("1")
    deploy(platform.context, *NAMES, "latest", "ann")
    report = deploy(platform.context, *NAMES, "latest", "ann")
    assert (report["changed"], report["generation"]) == (False, 1)
    assert len(platform.context.audit.read(*NAMES, 9)) == 1


def test_failed_deploy_leaves_record_and_service(platform: Any) -> None:
    one, two = platform.publish("1"), platform.publish("2", tag="next")
    deploy(platform.context, *NAMES, "latest", "ann")
    platform.stage.fleet.statuses[two] = 500
    with pytest.raises(DeployError, match="500"):
        deploy(platform.context, *NAMES, "next", "ann")
    assert platform.stage.answer == one
    assert (record(platform)["release"], record(platform)["pending"]) == (one, None)
    assert last(platform) == ("deploy", "failed", two)


def test_rollback_and_deploy_again(platform: Any) -> None:
    one, two = platform.publish("1"), platform.publish("2", tag="next")
    deploy(platform.context, *NAMES, one, "ann")
    deploy(platform.context, *NAMES, two, "ann")
    assert rollback(platform.context, *NAMES, None, "ann")["release"] == one
    assert platform.stage.answer == one
    with pytest.raises(NotFoundError, match="no release before"):
        rollback(platform.context, *NAMES, None, "ann")
    assert rollback(platform.context, *NAMES, two, "ann")["release"] == two


@pytest.mark.parametrize("ref", ["nightly", "9-0a1b2c3d"])
def test_unknown_release_or_tag_changes_nothing(platform: Any, ref: str) -> None:
    platform.publish("1")
    with pytest.raises(FlipsideError):
        deploy(platform.context, *NAMES, ref, "ann")
    assert not platform.context.records.exists(*NAMES)


def test_release_without_a_callable_is_refused(platform: Any) -> None:
    platform.publish("1", wsgi={"callable": None, "chdir": ".", "pythonpath": []})
    with pytest.raises(DeployError, match="no WSGI callable"):
        deploy(platform.context, *NAMES, "latest", "ann")
    assert not platform.context.records.exists(*NAMES)


def test_two_at_once(platform: Any) -> None:
    platform.publish("1")
    held = deploy_lock(platform.stage.layout.lock(*NAMES), "eve", "deploy 2")
    with held, pytest.raises(LockedError, match="deploy lock held by eve"):
        deploy(platform.context, *NAMES, "latest", "ann")
    assert record(platform)["pending"] is None


def test_deploy_that_was_cut_after_the_switch_is_settled_by_the_next(platform: Any) -> None:
    """What the machine serves decides, not what the laptop heard."""
    one, two = platform.publish("1"), platform.publish("2", tag="next")
    deploy(platform.context, *NAMES, one, "ann")
    platform.context.records.begin(*NAMES, two, "ann")
    deploy(platform.context, *NAMES, one, "ann")
    assert record(platform)["history"] == [one]
    platform.context.records.begin(*NAMES, two, "ann")
    want = platform.stage.want("2")
    other = replace(want, manifest=platform.context.store.resolve("blog", two))
    want.release_dir.rename(other.release_dir)
    platform.stage.switch(other)
    deploy(platform.context, *NAMES, two, "ann")
    assert record(platform)["history"] == [one, two]
