"""An app's data brought back from its backups: proven first, and what it replaces kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flipside.backup import when
from flipside.backup.errors import BackupError
from flipside.errors import DeployError, NotFoundError
from flipside.machine.verbs import VERBS
from flipside.machine.verbs.deploys import deploy

HERE = {"app": "blog", "env": "production"}


@pytest.fixture
def kept(platform: Any) -> Any:
    """An app with a photo and a row in its database, kept; a second row came since."""
    layout, stage = platform.stage.layout, platform.stage
    settings = {"repository": str(layout.root / "repository"), "every": 10}
    settings["keep"] = {"all": "24h", "hourly": "7d", "daily": "30d"}
    layout.backup_settings.write_text(json.dumps(settings))
    layout.backup.mkdir(parents=True, exist_ok=True)
    deploy(platform.context, "blog", "production", platform.publish("1"), "ann")
    stage.sql("CREATE TABLE rows (x)", "INSERT INTO rows VALUES (1)")
    platform.photo = layout.data("blog", "production") / "photo.jpg"
    platform.photo.write_bytes(b"a photo")
    VERBS["backup_now"](platform.context)
    stage.sql("INSERT INTO rows VALUES (2)")
    return platform


def restored(platform: Any, **moment: Any) -> dict[str, Any]:
    done = VERBS["backup_restore"](platform.context, **HERE, by="eve", **moment)
    return json.loads(json.dumps(done))


def test_the_data_goes_back_and_the_app_serves_on_it(kept) -> None:
    report = restored(kept, to="1.0")
    assert kept.stage.sql("SELECT x FROM rows") == [(1,)]
    assert kept.stage.answer == report["release"]
    assert [(one["file"], one["id"]) for one in report["databases"]] == [("app.db", "1.0")]
    assert report["kept"] is not None


def test_what_there_was_before_can_be_gone_back_to(kept) -> None:
    report = restored(kept, to="1.0")
    assert kept.stage.sql("SELECT x FROM rows") == [(1,)]
    restored(kept, to="1.1")
    assert kept.stage.sql("SELECT x FROM rows") == [(1,), (2,)]
    listed = VERBS["backup_list"](kept.context, **HERE)
    (before,) = [one["at"] for one in listed if (one["file"], one["id"]) == ("app.db", "1.1")]
    assert when.parse(report["undo"]) >= before


def test_files_that_are_missing_come_back_and_new_ones_stay(kept) -> None:
    VERBS["backup_now"](kept.context)
    kept.photo.unlink()
    newer = kept.photo.with_name("newer.jpg")
    newer.write_bytes(b"newer")
    report = restored(kept, to="1.1")
    assert report["files"]["restored"] == 1
    assert kept.photo.read_bytes() == b"a photo"
    assert newer.exists()


def test_a_moment_that_there_is_not_changes_nothing(kept) -> None:
    with pytest.raises(BackupError, match="there is no moment"):
        restored(kept, to="1.9")
    assert kept.stage.sql("SELECT x FROM rows") == [(1,), (2,)]


def test_where_the_app_does_not_serve_on_it_all_is_as_it_was(kept) -> None:
    kept.refuse = {"id": "x", "name": "live", "comment": "", "error": {
        "class": "DeployError", "what": "no answer", "where": None, "next": None}}  # fmt: skip
    with pytest.raises(DeployError):
        restored(kept, to="1.0")
    assert kept.stage.sql("SELECT x FROM rows") == [(1,), (2,)]


def test_a_damaged_backup_changes_nothing(kept) -> None:
    for path in (kept.stage.layout.root / "repository/db").glob("*/*/c/*"):
        path.chmod(0o600)
        path.write_bytes(b"something else")
    with pytest.raises(BackupError):
        restored(kept, to="1.0")
    assert kept.stage.sql("SELECT x FROM rows") == [(1,), (2,)]


def test_no_scratch_is_left(kept) -> None:
    restored(kept, to="1.0")
    snapshots = kept.stage.layout.snapshots("blog", "production")
    assert list(snapshots.glob(".restore-*")) == []


def test_an_app_that_is_not_deployed_is_refused(kept) -> None:
    with pytest.raises(NotFoundError):
        VERBS["backup_restore"](kept.context, app="none", env="production", by="eve")


def test_what_happens_is_told(kept) -> None:
    restored(kept, to="1.0")
    steps = [one["step"] for one in kept.told if "step" in one]
    assert steps.index("Keep what there is now") < steps.index("Restore and prove")
