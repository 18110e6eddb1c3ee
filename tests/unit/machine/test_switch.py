"""A switch either happens as a whole or leaves everything as it was, wherever it fails or is cut."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest
from unit.machine.deeds import MANY, CutError, Deeds

from flipside.errors import DeployError
from flipside.machine import generation as generations
from flipside.machine import journal, recovery, snapshot

MIGRATE = "python3 -S -c \"import sqlite3; d = sqlite3.connect('{}'); {}; d.commit()\""


def migrating(stage: Any, statement: str = "d.execute('CREATE TABLE new (x)')") -> dict[str, Any]:
    step = {"run": MIGRATE.format(stage.database, statement), "unless": None, "timeout": 30}
    return {"steps": {"install": [], "deploy": [step]}}


def begin(stage: Any) -> None:
    """Release 1 serves, and has a row in its database."""
    stage.sql("PRAGMA journal_mode=WAL", "CREATE TABLE old (x)", "INSERT INTO old VALUES (1)")
    stage.switch(stage.want("1"))
    assert stage.answer == "1-0a1b2c3d"


def check_whole(stage: Any, *, migrated: bool) -> str:
    """All that an environment consists of agrees; return the release that serves."""
    now = generations.current(stage.layout, "blog", "production")
    public = stage.layout.current_socket("blog", "production")
    assert public.readlink().name == now.socket.name
    assert stage.answer == now.release
    files = stage.layout.files("blog", "production")
    assert str(files.readlink()) == f"generations/{now.number}/files"
    assert f"version = {now.release[0]}" in (files / "settings.ini").read_text()
    tables = {row[0] for row in stage.sql("SELECT name FROM sqlite_master")}
    assert tables == ({"old", "new"} if migrated and now.release[0] == "2" else {"old"})
    assert stage.sql("SELECT * FROM old") == [(1,)]
    assert journal.read(stage.layout, "blog", "production") is None
    return str(now.release)


@pytest.fixture
def deeds(stage: Any, monkeypatch: pytest.MonkeyPatch) -> Deeds:
    begin(stage)
    return Deeds(stage, monkeypatch)


@pytest.mark.parametrize("migrated", [False, True], ids=["plain", "held"])
def test_switch_replaces_what_serves(stage: Any, migrated: bool) -> None:
    begin(stage)
    config = migrating(stage) if migrated else {}
    turn = stage.switch(stage.want("2", **config))
    assert check_whole(stage, migrated=migrated) == "2-0a1b2c3d"
    assert len(turn.steps.ran) == migrated
    assert not stage.fleet.running(turn.old)
    previous = stage.layout.app_dir("blog", "production") / "previous"
    assert str(previous.readlink()) == "releases/1-0a1b2c3d"


@pytest.mark.parametrize("migrated", [False, True], ids=["plain", "held"])
def test_failure_anywhere_leaves_all_as_it_was(stage: Any, deeds: Deeds, migrated: bool) -> None:
    """Whichever deed fails: one release serves, its files and its data with it; then try again."""
    config = migrating(stage) if migrated else {}
    tried = 0
    for at in range(1, MANY):
        deeds.arm(at, deeds.raised)
        try:
            stage.switch(stage.want("2", **config))
        except CutError:
            tried += 1
            deeds.arm(-1, deeds.raised)
            if journal.read(stage.layout, "blog", "production"):
                stage.recover()
            check_whole(stage, migrated=migrated)
            assert not (stage.layout.run_dir("blog", "production") / "hold.sock").exists()
            back_to_one(stage)
        else:
            break
    assert tried > 5


@pytest.mark.parametrize("migrated", [False, True], ids=["plain", "held"])
def test_kill_anywhere_is_recovered_from(stage: Any, deeds: Deeds, migrated: bool) -> None:
    """Nothing is cleaned up by who was killed; whoever comes next undoes it, or finds it done."""
    config = migrating(stage) if migrated else {}
    tried = 0
    for at in range(1, MANY):
        child = os.fork()
        if child == 0:
            deeds.arm(at, deeds.killed)
            stage.switch(stage.want("2", **config))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            break
        assert status == 9
        tried += 1
        stage.recover()
        stage.recover()
        check_whole(stage, migrated=migrated)
        back_to_one(stage)
    assert tried > 5


def back_to_one(stage: Any) -> None:
    """Begin the next round where the first one began."""
    if stage.answer[0] == "2":
        stage.sql("DROP TABLE IF EXISTS new")
        stage.switch(stage.want("1"), migrate=True)


@pytest.mark.parametrize("status", [500, 0], ids=["answers 500", "ends"])
@pytest.mark.parametrize("migrated", [False, True], ids=["plain", "held"])
def test_broken_release_never_serves(stage: Any, migrated: bool, status: int) -> None:
    begin(stage)
    stage.fleet.statuses["2-0a1b2c3d"] = status
    with pytest.raises(DeployError, match=r"500|exited"):
        stage.switch(stage.want("2", **(migrating(stage) if migrated else {})))
    assert check_whole(stage, migrated=migrated) == "1-0a1b2c3d"
    assert [path.name for path in stage.layout.generations("blog", "production").iterdir()] == ["1"]


def test_failed_migration_is_undone_and_can_be_tried_again(stage: Any) -> None:
    """The half of it that came to pass is gone; a mended one goes through."""
    begin(stage)
    half = migrating(stage, "d.execute('CREATE TABLE new (x)'); d.commit(); 1/0")
    for _ in range(2):
        with pytest.raises(DeployError, match="ZeroDivisionError"):
            stage.switch(stage.want("2", **half))
        assert check_whole(stage, migrated=True) == "1-0a1b2c3d"
    stage.switch(stage.want("2", **migrating(stage)))
    assert check_whole(stage, migrated=True) == "2-0a1b2c3d"


def test_what_cannot_be_undone_is_said_and_undone_later(
    stage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing serves on databases that are half of one release and half of another."""

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "app.db")

    begin(stage)
    half = migrating(stage, "d.execute('CREATE TABLE new (x)'); d.commit(); 1/0")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", refused)
        for again in (lambda: stage.switch(stage.want("2", **half)), stage.recover):
            with pytest.raises(DeployError, match="blog is down until it is: cannot restore"):
                again()
            assert not stage.fleet.running(generations.current(stage.layout, "blog", "production"))
    stage.recover()
    assert check_whole(stage, migrated=True) == "1-0a1b2c3d"


def test_undo_can_be_run_twice(stage: Any) -> None:
    begin(stage)
    data = stage.layout.data("blog", "production")
    copy = stage.layout.snapshots("blog", "production") / "2"
    snapshot.take(data, copy)
    stage.sql("CREATE TABLE new (x)")
    entry: journal.Entry = {"previous": 1, "generation": 2, "snapshot": str(copy)}
    journal.write(stage.layout, "blog", "production", entry)
    for _ in range(2):
        recovery.undo(stage.layout, "blog", "production", entry, stage.fleet)
        assert check_whole(stage, migrated=False) == "1-0a1b2c3d"


def test_first_deploy_that_fails_leaves_nothing_that_serves(stage: Any) -> None:
    stage.fleet.statuses["1-0a1b2c3d"] = 500
    with pytest.raises(DeployError, match="500"):
        stage.switch(stage.want("1", **migrating(stage)))
    assert generations.current(stage.layout, "blog", "production") is None
    assert not os.path.lexists(stage.layout.current_socket("blog", "production"))
    assert list(stage.layout.generations("blog", "production").iterdir()) == []


def test_step_that_is_not_due_holds_nobody(stage: Any) -> None:
    begin(stage)
    step = {"run": "false", "unless": "true", "timeout": 30}
    turn = stage.switch(stage.want("2", steps={"install": [], "deploy": [step]}))
    assert turn.steps.ran == []
    assert not stage.layout.snapshots("blog", "production").exists()


def test_going_back_starts_what_served_before(stage: Any) -> None:
    """Nothing is written or installed anew, as long as all of it is as it was."""
    stage.switch(stage.want("1"))
    stage.switch(stage.want("2"))
    stage.fleet.told.clear()
    stage.switch(stage.want("1"), migrate=False)
    assert stage.fleet.told == ["start 1", "stop 2"]
    assert stage.answer == stage.want("1").release
    stage.switch(stage.want("2", env={"A": "changed"}))
    assert stage.fleet.told[2:] == ["start 3", "stop 1"]


def test_one_that_still_finishes_its_requests_is_not_waited_for(stage: Any) -> None:
    stage.switch(stage.want("1"))
    stage.switch(stage.want("2"))
    stage.fleet.ending.add(1)
    stage.switch(stage.want("1"), migrate=False)
    assert "start 3" in stage.fleet.told
    assert stage.answer == stage.want("1").release


def test_what_served_before_and_fails_now_is_kept_and_what_serves_goes_on(stage: Any) -> None:
    stage.switch(stage.want("1"))
    stage.switch(stage.want("2"))
    stage.fleet.statuses[stage.want("1").release] = 500
    with pytest.raises(DeployError):
        stage.switch(stage.want("1"), migrate=False)
    assert stage.layout.generation("blog", "production", 1).exists()
    assert stage.answer == stage.want("2").release
