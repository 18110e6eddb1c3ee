"""Apps that write at full speed while they are kept: each moment is one that there was."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from unit.backup.accounts import TABLES, acknowledged, counted, holds, written
from unit.backup.apps import app
from unit.backup.kill_points import in_child
from unit.backup.small import FILL, INSERT, TABLE, Small, attempted

from flipside.backup.database import source, steps
from flipside.backup.errors import BackupError

WRITERS = 3


@pytest.mark.parametrize(("mode", "passes"), [("wal", 60), ("delete", 8), ("persist", 8)])
def test_each_moment_holds_what_each_transaction_left(tmp_path, monkeypatch, mode, passes) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(steps, "most", lambda page_size: 20)
    small = Small(tmp_path / "small")
    small.sql(f"PRAGMA journal_mode={mode}", *TABLES)
    told = []
    with written(small.path, WRITERS):
        for number in range(passes):
            before = acknowledged(small.path, WRITERS)
            if number % 7 == 6:
                small.writer = small.agent()
            if isinstance(attempted(small.once), BackupError):
                assert mode != "wal"  # elsewhere readers wait for writers, and may wait in vain
                continue
            told.append((str(small.writer.moment), before))
    assert counted(small.path) == acknowledged(small.path, WRITERS)
    found = small.moments()
    for moment, before in told:
        copy = tmp_path / "copy.db"
        copy.write_bytes(found[moment])
        assert holds(copy)
        assert found[moment] == small.images[moment]
        # What was told to be committed before the pass is in it.
        assert all(count >= before[writer] for writer, count in counted(copy).items())
    small.once()
    small.as_live()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_who_has_the_database_open_in_the_agents_own_process_loses_nothing(tmp_path, mode) -> None:
    """It is told to close it: a second handle, closed, would drop the locks that say that it is open."""
    small = Small(tmp_path / "small")
    small.sql(*TABLE, f"PRAGMA journal_mode={mode}")
    with closing(sqlite3.connect(small.path, isolation_level=None)) as mine:
        mine.execute(INSERT.format("opened"))
        for number in range(3):
            with pytest.raises(BackupError, match="this very process has it open"):
                small.once()
            other = f"import sqlite3; sqlite3.connect({str(small.path)!r}).execute('SELECT * FROM entry')"
            subprocess.run([sys.executable, "-c", other], check=True)
            for row in range(50):
                mine.execute(INSERT.format(f"{number} {row}"))
    with closing(sqlite3.connect(small.path)) as later:
        assert later.execute("SELECT count(*) FROM entry").fetchone() == (152,)
    small.once()
    small.as_live()


def test_no_file_of_the_database_is_opened_but_by_sqlite(tmp_path) -> None:
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    mine = {str(small.path) + suffix for suffix in ("", "-wal", "-shm", "-journal")}
    said = os.open(tmp_path / "said", os.O_WRONLY | os.O_CREAT)

    def listen(event: str, args: tuple[object, ...]) -> None:
        if event == "open" and str(args[0]) in mine:
            os.write(said, f"{args[0]}\n".encode())

    def passes() -> None:
        sys.addaudithook(listen)
        for number in range(3):
            small.once(INSERT.format(number))
        small.once("PRAGMA journal_mode=delete")
        small.once(INSERT.format("journal"))

    assert in_child(passes) == 0
    assert (tmp_path / "said").read_text() == ""


def test_between_passes_an_app_can_checkpoint_and_switch_its_journal(tmp_path) -> None:
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    for mode in ("delete", "wal", "truncate", "memory", "wal", "persist", "delete", "wal"):
        with app(small.path) as execute:
            assert execute(f"PRAGMA journal_mode={mode}") == [(mode,)]
            execute(INSERT.format(mode))
            assert small.once()
            if mode == "wal":
                execute(FILL.format(n=20))
                small.once()
                assert execute("PRAGMA wal_checkpoint(truncate)") == [(0, 0, 0)]
        assert not small.path.with_name("app.db-wal").exists()
    small.once()
    assert small.moments() == small.images
    small.as_live()


def test_no_commit_is_missed_however_soon_after_a_pass(tmp_path: Path, monkeypatch) -> None:
    """Though neither size nor, within a tick of the clock, time of the log may have changed."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    with app(small.path, "PRAGMA synchronous=off") as execute:
        for number in range(60):
            if number % 5 == 0:
                execute("PRAGMA wal_checkpoint(restart)")
            execute(INSERT.format(number))
            assert small.writer.once()
    small.as_live()


def test_a_commit_is_seen_through_a_link_to_the_database(tmp_path: Path, monkeypatch) -> None:
    """SQLite keeps the log beside the file, and not beside the link."""
    small = Small(tmp_path / "small")
    small.sql(*TABLE)
    real = small.folder / "data"
    real.mkdir()
    with closing(sqlite3.connect(small.path)) as last:
        last.execute("PRAGMA wal_checkpoint(truncate)")
    small.path.rename(real / "app.db")
    small.path.symlink_to(real / "app.db")
    monkeypatch.setattr(source, "RACY", 0)
    with app(small.path, "SELECT * FROM entry") as execute:
        small.writer = small.agent()
        small.once()
        execute(INSERT.format("through the link"))
        assert small.once()
        small.as_live()


def test_a_log_that_an_app_does_nothing_with_is_looked_at_once(tmp_path: Path, monkeypatch) -> None:
    """What a look changes of the log itself, as its owner where root looks, is no commit."""
    monkeypatch.setattr(source, "RACY", 0)
    path = tmp_path / "app.db"
    with app(path, "PRAGMA journal_mode=wal", *TABLE) as execute:
        looked = source.Source(path)
        looked.take(tmp_path / "taken")
        assert not looked.changed()
        execute(INSERT.format("later"))
        assert looked.changed()
