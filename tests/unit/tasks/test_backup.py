"""The tasks about backups: against a machine's own code, run as a process."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path, PurePosixPath

import pytest
from invoke.context import Context
from invoke.exceptions import Exit

from flipside.apps import subject
from flipside.machine.layout import Layout
from flipside.secrets import identity
from flipside.tasks import here
from flipside.tasks.backup import collection, look, take


class Machine:
    """This computer as a machine: its commands are processes."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.root = layout, PurePosixPath(layout.root)
        self.database = layout.data("guestbook", "production") / "app.db"
        for folder in (layout.etc, layout.store, layout.backup, self.database.parent):
            folder.mkdir(parents=True)
        (layout.root / "venv").symlink_to(sys.prefix)
        where = {"root": str(layout.root), "run": str(layout.run)}
        (layout.etc / "layout.json").write_text(json.dumps(where))
        layout.key.write_text(identity.text([identity.generate()]))
        found = {"repository": str(layout.root / "repository"), "every": 10}
        found["keep"] = {"all": "24h", "hourly": "7d", "daily": "30d"}
        layout.backup_settings.write_text(json.dumps(found))
        self.sql("CREATE TABLE entry (body)", "INSERT INTO entry VALUES ('first')")

    def sql(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
            for each in statements:
                connection.execute(each)

    def run(self, argv, *, stdin=b"", on_line=None) -> str:
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(argv, input=stdin, capture_output=True, env=env, check=True)
        for line in done.stdout.decode().splitlines():
            on_line(line)
        return ""


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    """A platform whose machine is this computer; the test begins in its app's folder."""
    monkeypatch.delenv("FLIPSIDE_PLATFORM", raising=False)
    (tmp_path / "guestbook").mkdir()
    (tmp_path / ".flipside-platform").write_text("name: box\n")
    (tmp_path / "guestbook/.flipside-app").write_text("name: guestbook\n")
    monkeypatch.chdir(tmp_path / "guestbook")
    made = Machine(Layout(tmp_path / "root", tmp_path / "run"))
    monkeypatch.setattr(here, "machine_here", lambda platform: made)
    monkeypatch.setattr(subject.Subject, "machine", made)
    return made


@pytest.fixture
def run(capsys):
    """Run a task; returns its status, and what it printed."""

    def go(task: str, /, **options) -> tuple[int, str]:
        try:
            status = collection[task](Context(), **options) or 0
        except Exit as ended:
            status = ended.code
        return status, "".join(capsys.readouterr())

    return go


def test_a_pass_a_list_a_proof_and_how_it_stands(machine, run) -> None:
    status, said = run("now")
    assert (status, "guestbook/production/app.db: base, " in said) == (0, True)
    assert "1.0" in run("list")[1]
    assert "1.0 restored, 1 rows as live" in run("drill")[1]
    assert "1.0, " in run("status")[1]
    assert "all is as it was put" in run("verify")[1]


def test_what_fails_ends_with_status_1(machine, run) -> None:
    run("now")
    machine.database.write_bytes(b"SQLite format 3\0" + b"no database" * 1000)
    assert run("now")[0] == 1
    status, said = run("status")
    assert (status, "fails since" in said) == (1, True)


def test_an_archive_is_written_here_and_removed_there(machine, run, tmp_path) -> None:
    run("now")
    assert run("export")[0] == 0
    path = Path("guestbook-production.tar.gz").absolute()
    with tarfile.open(path) as archive:
        assert "guestbook-production/app.db" in archive.getnames()
    assert list((machine.layout.backup / "exports").iterdir()) == []
    again = run("export")
    assert again[0] == 1
    assert "it is there already" in again[1]


def test_a_database_is_written_here_without_a_word_to_the_app(machine, run) -> None:
    run("now")
    machine.sql("INSERT INTO entry VALUES ('second')")
    assert run("restore", into="copy.db", to="1.0")[0] == 0
    with closing(sqlite3.connect("copy.db")) as copy:
        assert copy.execute("SELECT body FROM entry").fetchall() == [("first",)]
    assert [path.name for path in Path.cwd().glob(".restore-*")] == []


def test_several_files_are_written_here_as_a_folder(machine, run) -> None:
    (machine.database.parent / "photo.jpg").write_bytes(b"a photo")
    run("now")
    assert run("restore", into="copy")[0] == 0
    assert sorted(path.name for path in Path("copy").iterdir()) == ["app.db", "photo.jpg"]
    assert "there is no such folder" in run("restore", into="none/copy")[1]


def test_a_result_with_an_error_is_a_failure() -> None:
    assert look.failed([{"error": None}]) == look.failed([]) == 0
    assert look.failed([{"error": None}, {"error": "x"}]) == 1
    assert take.OF == look.OF
