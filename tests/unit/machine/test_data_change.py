"""Earlier databases are put in place of the live ones as a whole, or all is as it was; then again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from unit.machine.deeds import MANY, CutError, Deeds

from flipside.errors import DeployError
from flipside.machine import epochs, journal, restoring, snapshot
from flipside.machine import generation as generations

NAMES = ("blog", "production")
MIGRATE = "python3 -S -c \"import sqlite3; d = sqlite3.connect('{}'); d.execute('{}'); d.commit()\""
NEW = "CREATE TABLE IF NOT EXISTS new (x)"


def wanted(stage: Any, statement: str = NEW, version: str = "1") -> Any:
    """A release with a step that is due unless its table is there."""
    run = MIGRATE.format(stage.database, statement)
    unless = MIGRATE.format(stage.database, "SELECT x FROM new")
    step = {"run": run, "unless": unless, "timeout": 30}
    return stage.want(version, steps={"install": [], "deploy": [step]})


@pytest.fixture
def given(stage: Any, short: Path) -> Path:
    """A copy of the databases from before the migration; since then a row was written."""
    stage.sql("PRAGMA journal_mode=WAL", "CREATE TABLE old (x)", "INSERT INTO old VALUES (1)")
    snapshot.take(stage.layout.data(*NAMES), short / "given")
    stage.switch(wanted(stage))
    stage.sql("INSERT INTO old VALUES (2)")
    stage.layout.snapshots(*NAMES).mkdir(exist_ok=True)
    return short / "given"


@pytest.fixture(params=[True, False], ids=["running", "stopped"])
def serve(stage: Any, given: Path, request: pytest.FixtureRequest) -> bool:
    """Whether the app runs, and is to run afterwards."""
    if not request.param:
        stop(stage)
    return bool(request.param)


def stop(stage: Any) -> None:
    now = generations.current(stage.layout, *NAMES)
    stage.layout.current_socket(*NAMES).unlink(missing_ok=True)
    stage.fleet.stop(now)


def put_back(stage: Any, given: Path, serve: bool, **how: Any) -> Any:
    return stage.switch(wanted(stage, **how), back=given, fresh=True, serve=serve)


def check_whole(stage: Any, before: int, serve: bool) -> bool:
    """All that an environment consists of agrees; return whether the copy is in place."""
    now = generations.current(stage.layout, *NAMES)
    public = stage.layout.current_socket(*NAMES)
    files = stage.layout.files(*NAMES)
    assert str(files.readlink()) == f"generations/{now.number}/files"
    assert journal.read(stage.layout, *NAMES) is None
    assert {row[0] for row in stage.sql("SELECT name FROM sqlite_master")} == {"old", "new"}
    if serve:
        assert public.readlink().name == now.socket.name
        assert stage.answer == now.release
    else:
        assert not os.path.lexists(public)
        assert not stage.fleet.running(now)
    rows = stage.sql("SELECT x FROM old")
    assert rows == ([(1,), (2,)] if now.number == before else [(1,)])
    return bool(now.number != before)


def test_copy_is_put_in_place_and_migrated(stage: Any, given: Path, serve: bool) -> None:
    """And what was replaced is kept; the copy itself is left as it is."""
    turn = put_back(stage, given, serve)
    assert check_whole(stage, 1, serve)
    assert len(turn.steps.ran) == 1
    assert turn.kept == stage.layout.snapshots(*NAMES) / "2"
    assert snapshot.databases(turn.kept) == {"app.db": True}
    assert snapshot.databases(given) == {"app.db": True}
    restoring.restore(stage.layout.data(*NAMES), turn.kept)
    assert stage.sql("SELECT x FROM old") == [(1,), (2,)]


def test_step_is_asked_on_the_copy(stage: Any, given: Path, serve: bool) -> None:
    """Not on what is replaced: a copy that has what it needs is not migrated."""
    now = stage.layout.data(*NAMES)
    snapshot.take(now, given.with_name("later"))
    stage.sql("DROP TABLE new")
    turn = put_back(stage, given.with_name("later"), serve)
    assert turn.steps.ran == []
    assert {row[0] for row in stage.sql("SELECT name FROM sqlite_master")} == {"old", "new"}


def test_failure_anywhere_leaves_all_as_it_was(
    stage: Any, given: Path, serve: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeds, tried = armed(stage, monkeypatch), 0
    for at in range(1, MANY):
        before = generations.current(stage.layout, *NAMES).number
        deeds.arm(at, deeds.raised)
        try:
            put_back(stage, given, serve)
        except CutError:
            tried += 1
            deeds.arm(-1, deeds.raised)
            if journal.read(stage.layout, *NAMES):
                stage.recover()
            assert not (stage.layout.run_dir(*NAMES) / "hold.sock").exists()
            if check_whole(stage, before, serve):
                stage.sql("INSERT INTO old VALUES (2)")
        else:
            break
    assert tried > 5
    assert check_whole(stage, before, serve)


def test_kill_anywhere_is_recovered_from_without_the_copy(
    stage: Any, given: Path, serve: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever was killed had made it, and nobody else knows of it."""
    deeds, tried = armed(stage, monkeypatch), 0
    for at in range(1, MANY):
        before = generations.current(stage.layout, *NAMES).number
        child = os.fork()
        if child == 0:
            deeds.arm(at, deeds.killed)
            put_back(stage, given, serve)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            break
        assert status == 9
        tried += 1
        given.rename(given.with_name("away"))
        stage.recover()
        stage.recover()
        given.with_name("away").rename(given)
        if check_whole(stage, before, serve):
            stage.sql("INSERT INTO old VALUES (2)")
    assert tried > 5
    assert check_whole(stage, before, serve)


def armed(stage: Any, monkeypatch: pytest.MonkeyPatch) -> Deeds:
    """Count each file that is replaced, too."""
    deeds = Deeds(stage, monkeypatch)
    monkeypatch.setattr(restoring, "_replace", deeds.counted(restoring._replace))
    monkeypatch.setattr(epochs, "write", deeds.counted(epochs.write))
    return deeds


def test_step_that_fails_leaves_all_as_it_was(stage: Any, given: Path, serve: bool) -> None:
    for _ in range(2):
        with pytest.raises(DeployError, match="no such table: nowhere"):
            put_back(stage, given, serve, statement="SELECT * FROM nowhere")
        assert not check_whole(stage, 1, serve)
    assert put_back(stage, given, serve)


def test_disk_that_is_full_keeps_nobody_from_serving(
    stage: Any, given: Path, serve: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To put back what was not changed would take room, too."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        with pytest.raises(DeployError, match="No space left"):
            put_back(stage, given, serve)
    assert not check_whole(stage, 1, serve)
    assert put_back(stage, given, serve)


def test_release_that_fails_on_the_copy_leaves_all_as_it_was(stage: Any, given: Path) -> None:
    real = stage.fleet.start

    def start(generation: Any) -> None:
        stage.fleet.statuses[generation.release] = 500 if generation.number > 1 else 200
        real(generation)

    stage.fleet.start = start
    with pytest.raises(DeployError, match="500"):
        put_back(stage, given, serve=True)
    assert not check_whole(stage, 1, serve=True)


@pytest.mark.parametrize("spoil", ["listed", "file", "absent"])
def test_copy_that_is_not_whole_changes_nothing(
    stage: Any, given: Path, serve: bool, spoil: str
) -> None:
    if spoil == "listed":
        (given / ".snapshot.json").unlink()
    elif spoil == "file":
        (given / "app.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    else:
        given.rename(given.with_name("away"))
        (stage.layout.snapshots(*NAMES) / "2").mkdir()
    with pytest.raises(DeployError, match=r"no complete snapshot|is damaged"):
        put_back(stage, given, serve)
    assert not check_whole(stage, 1, serve)


def test_live_databases_that_are_damaged_are_replaced(stage: Any, given: Path, serve: bool) -> None:
    """That is what backups are for; they are kept as they are."""
    stop(stage)
    spoilt = b"SQLite format 3\0" + b"\xff" * 5000
    stage.database.write_bytes(spoilt)
    for path in stage.database.parent.glob("app.db-*"):
        path.unlink()
    with pytest.raises(DeployError, match="no such table: nowhere"):
        put_back(stage, given, serve, statement="SELECT * FROM nowhere")
    assert stage.database.read_bytes() == spoilt
    turn = put_back(stage, given, serve)
    assert check_whole(stage, 1, serve)
    assert (turn.kept / "app.db").read_bytes() == spoilt


def test_copy_in_the_place_of_what_is_set_aside_is_refused(stage: Any, given: Path) -> None:
    """Undoing would take it for the databases of before."""
    place = stage.layout.snapshots(*NAMES) / "2"
    given.rename(place)
    with pytest.raises(DeployError, match="set aside where these lie"):
        put_back(stage, place, serve=True)
    assert not check_whole(stage, 1, serve=True)
    assert snapshot.databases(place) == {"app.db": True}


def test_what_was_replaced_can_be_put_back_in_turn(stage: Any, given: Path) -> None:
    kept = put_back(stage, given, serve=True).kept
    stage.sql("INSERT INTO old VALUES (3)")
    again = put_back(stage, kept, serve=True).kept
    assert stage.sql("SELECT x FROM old") == [(1,), (2,)]
    assert [path.name for path in kept.parent.iterdir()] == [again.name]


def test_only_the_release_that_serves_fits_the_copy(stage: Any, given: Path, serve: bool) -> None:
    """Others may have served on what was replaced: then that is theirs to go back to."""
    known = epochs.joined(epochs.read(stage.layout, *NAMES), "0-0a1b2c3d")
    epochs.write(stage.layout, *NAMES, known)
    kept = put_back(stage, given, serve).kept
    release = stage.want("1").release
    assert epochs.fits(stage.layout, *NAMES, release)
    assert not epochs.fits(stage.layout, *NAMES, "0-0a1b2c3d")
    assert epochs.before(stage.layout, *NAMES, "0-0a1b2c3d") == kept


def test_one_that_no_longer_starts_is_in_nobodys_way(stage: Any, given: Path) -> None:
    """The databases are as they were, and better ones can be put in place."""
    stage.fleet.statuses[stage.want("1").release] = 500
    with pytest.raises(DeployError, match="served before does not start"):
        put_back(stage, given, serve=True)
    assert stage.sql("SELECT x FROM old") == [(1,), (2,)]
    assert journal.read(stage.layout, *NAMES) is None
    stage.recover()
    stage.fleet.statuses.clear()
    put_back(stage, given, serve=True)
    assert check_whole(stage, 1, serve=True)
