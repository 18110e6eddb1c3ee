"""Backups on a real platform: kept by themselves, listed, proven, and brought back under load."""

from __future__ import annotations

import sqlite3
import subprocess
import tarfile
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from e2e.load import Load
from e2e.rig import App, Platform, environment, until

DATA = "kept/production"


@pytest.fixture(scope="module")
def app(platform: Platform) -> App:
    """An app with a row and an uploaded file."""
    made = platform.app("kept").make(health={"path": "/up"})
    made.ship("1")
    post(made, "first")
    media = made.place() / "data/media"
    media.mkdir()
    (media / "cat.jpg").write_text("a cat")
    made.flipside("backup.now")
    yield made
    made.run("app.destroy", "--yes", "--data")


def post(app: App, word: str) -> None:
    assert app.http("/rows", method="POST", body=word).status == 200


def rows(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as found:
        return [word for (word,) in found.execute("SELECT word FROM rows ORDER BY rowid")]


def standings(app: App) -> dict[str, dict[str, Any]]:
    found = app.run("backup.status", "--json").json
    return {one["name"]: one for one in found["subjects"]}


def moment(app: App) -> str:
    """The present, once what comes after it is a second later."""
    now = datetime.now(UTC)
    time.sleep(1.1)
    return now.isoformat(sep=" ")


def test_what_is_written_is_kept_by_itself(app: App) -> None:
    """The agent needs nobody to tell it."""
    before = standings(app)[f"{DATA}/rows.db"]["stored"]
    post(app, "by itself")
    until(lambda: standings(app)[f"{DATA}/rows.db"]["stored"] > before, 60)
    one = standings(app)[f"{DATA}/rows.db"]
    assert one["error"] is None
    assert one["size"] > 0
    assert DATA in standings(app)


def test_moments_are_listed_with_what_they_are_of(app: App) -> None:
    found = app.flipside("backup.list", "--json").json
    assert {one["file"] for one in found} == {"rows.db", "."}
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    assert "rows.db" in app.flipside("backup.list").out


def test_what_is_kept_is_proven_by_a_drill_and_read_by_a_verify(app: App) -> None:
    (one,) = app.flipside("backup.drill", "--json").json
    assert one["rows"] == {"rows": len(app.rows())}
    assert standings(app)[f"{DATA}/rows.db"]["proof"] == one["moment"]
    found = app.flipside("backup.verify", "--json").json
    assert all(each["error"] is None and each["moments"] for each in found)
    assert "rows as live" in app.flipside("backup.drill").out


def test_a_restore_under_load_fails_no_request_and_what_it_replaced_is_kept(app: App) -> None:
    post(app, "before")
    media = app.place() / "data/media/cat.jpg"
    app.flipside("backup.now")
    then, there = moment(app), app.rows()
    post(app, "after")
    media.unlink()
    with Load(app.platform.port, "kept.localhost").running() as seen:
        done = app.flipside("backup.restore", "--at", then, "--yes", "--json").json
    assert not seen.failures, str(seen)
    assert [row for row in app.rows() if row in {*there, "after"}] == there
    assert media.read_text() == "a cat"
    assert "after" in rows(Path(done["kept"]) / "rows.db")
    app.flipside("backup.restore", "--yes")
    assert app.version == "1"


def test_a_restore_can_be_taken_back(app: App) -> None:
    """What there was just before has been kept."""
    post(app, "one")
    then = moment(app)
    post(app, "two")
    before = app.rows()
    done = app.flipside("backup.restore", "--at", then, "--yes", "--json").json
    assert "two" not in app.rows()
    app.flipside("backup.restore", "--at", done["undo"], "--yes")
    assert app.rows() == before


def test_a_moment_goes_by_its_id(app: App) -> None:
    post(app, "named")
    app.flipside("backup.now")
    there = app.rows()
    last = [one for one in app.flipside("backup.list", "--json").json if one["kind"] == "db"][-1]
    post(app, "later")
    app.flipside("backup.restore", "--to", last["id"], "--yes")
    assert app.rows() == there


def test_a_copy_is_written_here_and_the_app_left_alone(app: App, tmp_path: Path) -> None:
    app.flipside("backup.now")
    there = app.rows()
    app.flipside("backup.restore", "--into", str(tmp_path / "copy"))
    assert rows(tmp_path / "copy/rows.db") == there
    assert (tmp_path / "copy/media/cat.jpg").read_text() == "a cat"
    app.flipside("backup.export", "--into", str(tmp_path / "all.tar.gz"))
    with tarfile.open(tmp_path / "all.tar.gz") as archive:
        assert "kept-production/rows.db" in archive.getnames()
    assert app.rows() == there
    again = app.fails("backup.export", "--into", str(tmp_path / "all.tar.gz"))
    assert "it is there already" in again.err
    assert not list((app.platform / "var/backup/exports").glob("*"))


def test_bad_input_is_told_in_words(app: App) -> None:
    assert "no moment" in app.fails("backup.restore", "--at", "soon", "--yes").err
    assert "no moment" in app.fails("backup.restore", "--to", "9.9", "--yes").err
    assert "give one of them" in app.fails("backup.restore", "--to=1.1", "--at=2026-01-01").err
    assert "nothing was kept" in app.fails("backup.restore", "--at", "2001-01-01", "--yes").err
    assert "needs a yes" in app.fails("backup.restore").err
    assert app.version == "1"


def test_an_app_that_does_not_serve_on_old_data_stays_on_what_it_has(app: App) -> None:
    then = moment(app)
    post(app, "must stay")
    before = app.rows()
    app.configure(steps={"deploy": [{"run": "false", "unless": "test -e $DATA_DIR/served"}]})
    (app.place() / "data/served").touch()
    app.ship("2")
    (app.place() / "data/served").unlink()
    app.fails("backup.restore", "--at", then, "--yes")
    assert app.rows() == before
    assert app.version == "2"


def test_what_the_repository_holds_says_nothing_of_what_is_kept(app: App) -> None:
    post(app, "MARSHMALLOW")
    app.flipside("backup.now")
    repository = Path(app.run("backup.status", "--json").json["repository"])
    content = b"".join(path.read_bytes() for path in repository.rglob("*") if path.is_file())
    names = "\n".join(str(path) for path in repository.rglob("*"))
    for word in ("MARSHMALLOW", "rows.db", "kept", "cat.jpg"):
        assert word.encode() not in content
        assert word not in names.replace(str(repository), "")


def test_the_command_on_the_machine_opens_it_with_the_saved_key(app: App, tmp_path: Path) -> None:
    """Nothing but the repository and the key."""
    app.flipside("backup.now")
    repository = app.run("backup.status", "--json").json["repository"]
    command = [str(app.platform / "bin/flipside-backup"), "restore", repository, DATA]
    home = environment(tmp_path)
    subprocess.run([*command, "--into", str(tmp_path / "all")], env=home, check=True)
    assert rows(tmp_path / "all/rows.db") == app.rows()
