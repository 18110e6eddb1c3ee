"""Databases that take the place of an app's own: what is reported, recorded, and left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flipside.errors import DeployError, LockedError, LostJobError, NotFoundError
from flipside.machine import generation as generations
from flipside.machine import snapshot
from flipside.machine.lock import deploy_lock
from flipside.machine.verbs import change, power
from flipside.machine.verbs.deploys import deploy
from flipside.machine.verbs.order import Order
from flipside.machine.verbs.restore import restore_data

NAMES = ("blog", "production")


@pytest.fixture
def order(platform: Any) -> Order:
    """An app with a row in its database."""
    platform.release = platform.publish("1")
    deploy(platform.context, *NAMES, "latest", "ann")
    platform.stage.sql("CREATE TABLE rows (x)", "INSERT INTO rows VALUES (1)")
    return Order(platform.context, *NAMES, "eve")


@pytest.fixture
def given(order: Order, short: Path) -> Path:
    """Its databases, before a second row was written."""
    snapshot.take(order.layout.data(*NAMES), short / "given")
    return short / "given"


def last(order: Order) -> tuple[str, str, str, str]:
    entry = order.context.audit.read(*NAMES, 1)[0]
    return entry["action"], entry["result"], entry["by"], entry["detail"]


def test_report_audit_and_data(order: Order, given: Path, platform: Any) -> None:
    platform.stage.sql("INSERT INTO rows VALUES (2)")
    report = restore_data(order, given)
    kept = order.layout.snapshots(*NAMES) / "2"
    assert (report["changed"], report["release"], report["generation"]) == (
        True, platform.release, 2,
    )  # fmt: skip
    assert report["kept"] == str(kept)
    assert report["traffic"]["requests"] == 0
    assert platform.stage.sql("SELECT x FROM rows") == [(1,)]
    assert platform.stage.answer == platform.release
    assert last(order) == ("restore", "ok", "eve", f"before: {kept}")
    assert given.exists()
    assert restore_data(order, Path(report["kept"]))["generation"] == 3
    assert platform.stage.sql("SELECT x FROM rows") == [(1,), (2,)]


def test_stopped_app_stays_stopped(order: Order, given: Path, platform: Any) -> None:
    power.stop(platform.context, *NAMES, "ann")
    platform.stage.sql("INSERT INTO rows VALUES (2)")
    report = restore_data(order, given)
    assert report["kept"] == str(order.layout.snapshots(*NAMES) / "2")
    assert order.record["stopped"] is True
    assert not platform.stage.fleet.running(generations.current(order.layout, *NAMES))
    assert platform.stage.sql("SELECT x FROM rows") == [(1,)]
    power.start(platform.context, *NAMES, "ann")
    assert platform.stage.answer == platform.release


def test_failure_is_written_down(order: Order, given: Path, platform: Any) -> None:
    platform.stage.sql("INSERT INTO rows VALUES (2)")
    (given / ".snapshot.json").unlink()
    with pytest.raises(DeployError, match="no complete snapshot"):
        restore_data(order, given)
    assert platform.stage.sql("SELECT x FROM rows") == [(1,), (2,)]
    assert platform.stage.answer == platform.release
    action, result, _, detail = last(order)
    assert (action, result) == ("restore", "failed")
    assert "no complete snapshot" in detail


def test_job_that_is_killed_is_undone_before_anybody_is_told(
    order: Order, given: Path, platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was to put in place is not needed for that."""
    asked, real = [], platform.states

    def states(context: Any, sls: str, pillar: Any, topic: str = "") -> Any:
        asked.append(pillar["deploy"])
        if len(asked) == 1:
            raise LostJobError("killed")
        return real(context, sls, pillar, topic)

    monkeypatch.setattr(change, "states", states)
    with pytest.raises(LostJobError):
        restore_data(order, given)
    assert [(one["action"], one["snapshot"]) for one in asked] == [
        ("restore", str(given)),
        ("highstate", None),
    ]


def test_what_is_not_deployed_or_busy(order: Order, given: Path) -> None:
    with pytest.raises(NotFoundError, match="not deployed"):
        restore_data(Order(order.context, "blog", "staging", "eve"), given)
    held = deploy_lock(order.layout.lock(*NAMES), "ann", "deploy 2")
    with held, pytest.raises(LockedError, match="held by ann"):
        restore_data(order, given)
