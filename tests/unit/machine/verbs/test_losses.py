"""What is said of a rollback that puts the databases back, and that it is what then happens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flipside.errors import DeployError, LockedError, NotFoundError
from flipside.machine.lock import deploy_lock
from flipside.machine.verbs.deploys import deploy, rollback
from flipside.machine.verbs.losses import rollback_losses

NAMES = ("blog", "production")
MIGRATE = "python3 -S -c \"import sqlite3; d = sqlite3.connect('{}'); d.execute('{}'); d.commit()\""


def migrated(platform: Any, version: str, statement: str) -> str:
    """Deploy a release with a migration."""
    run = MIGRATE.format(platform.stage.database, statement)
    step = {"run": run, "unless": None, "timeout": 30}
    release: str = platform.publish(version, steps={"install": [], "deploy": [step]})
    deploy(platform.context, *NAMES, release, "ann")
    return release


@pytest.fixture
def two(platform: Any) -> tuple[str, str]:
    """Two releases, with a migration between, and a row written since."""
    one = platform.publish("1")
    deploy(platform.context, *NAMES, one, "ann")
    platform.stage.sql("CREATE TABLE rows (x)", "INSERT INTO rows VALUES (1)")
    new = migrated(platform, "2", "CREATE TABLE made (x)")
    platform.stage.sql("INSERT INTO rows VALUES (2)")
    return one, new


def contents(platform: Any) -> list[Path]:
    return sorted(platform.stage.layout.app_dir(*NAMES).rglob("*"))


def test_rows_that_would_be_set_aside(platform: Any, two: tuple[str, str]) -> None:
    before = contents(platform)
    found = rollback_losses(platform.context, *NAMES, None, "ann")
    assert found["release"] == two[0]
    assert found["at"].endswith("+00:00")
    (database,) = found["databases"]
    assert database["database"] == "app.db"
    (table,) = database["tables"]
    assert (table["table"], table["written"], table["deleted"]) == ("rows", 1, 0)
    assert json.loads(json.dumps(found)) == found
    assert contents(platform) == before
    assert platform.stage.sql("SELECT x FROM rows") == [(1,), (2,)]


def test_what_is_said_then_happens_and_can_be_undone(platform: Any, two: tuple[str, str]) -> None:
    rollback_losses(platform.context, *NAMES, None, "ann")
    report = rollback(platform.context, *NAMES, None, "ann", "back")
    assert platform.stage.sql("SELECT x FROM rows") == [(1,)]
    assert Path(report["kept"]).parent == platform.stage.layout.snapshots(*NAMES)
    back = rollback_losses(platform.context, *NAMES, two[1], "ann")
    ((rows,),) = [each["tables"] for each in back["databases"]]
    assert (rows["written"], rows["deleted"]) == (0, 1)
    rollback(platform.context, *NAMES, two[1], "ann", "back")
    assert platform.stage.sql("SELECT x FROM rows") == [(1,), (2,)]


def test_nothing_lies_between(platform: Any, two: tuple[str, str]) -> None:
    third = platform.publish("3")
    deploy(platform.context, *NAMES, third, "ann")
    nothing = {"release": two[1], "at": None, "databases": []}
    assert rollback_losses(platform.context, *NAMES, None, "ann") == nothing
    assert rollback(platform.context, *NAMES, None, "ann", "back")["kept"] is None


def test_it_fails_as_the_rollback_would(platform: Any, two: tuple[str, str]) -> None:
    migrated(platform, "3", "CREATE TABLE more (x)")
    with pytest.raises(DeployError, match="no copy of the databases") as caught:
        rollback_losses(platform.context, *NAMES, two[0], "ann")
    assert "--keep-data" in caught.value.next
    with pytest.raises(NotFoundError):
        rollback_losses(platform.context, *NAMES, "nightly", "ann")
    with pytest.raises(NotFoundError, match="not deployed"):
        rollback_losses(platform.context, "blog", "staging", None, "ann")
    held = deploy_lock(platform.stage.layout.lock(*NAMES), "eve", "deploy 4")
    with held, pytest.raises(LockedError, match="held by eve"):
        rollback_losses(platform.context, *NAMES, None, "ann")


def test_unsaid_is_refused(platform: Any, two: tuple[str, str]) -> None:
    with pytest.raises(DeployError, match="a migration or a restore lies between"):
        rollback(platform.context, *NAMES, None, "ann")
    assert rollback(platform.context, *NAMES, None, "ann", "keep")["kept"] is None
    assert platform.stage.sql("SELECT x FROM rows") == [(1,), (2,)]
