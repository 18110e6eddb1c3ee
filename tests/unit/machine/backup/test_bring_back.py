"""Data of another time: which is wanted, and an archive of it in plain."""

from __future__ import annotations

import sqlite3
import stat
import tarfile
import time
from contextlib import closing
from pathlib import Path

import pytest

from flipside.backup import report, when
from flipside.backup.errors import BackupError
from flipside.machine.backup.backups import Backups
from flipside.machine.backup.wanted import wanted

HERE = {"app": "blog", "env": "production"}
NAMES = ("blog", "production")


@pytest.fixture
def twice(box):
    """An app with a photo, and two moments of its database."""
    (box.data() / "photo.jpg").write_bytes(b"a photo")
    box.call("backup_now")
    box.sql("INSERT INTO entry VALUES ('second')")
    box.call("backup_now")
    return box


def exported(box, into: Path, **moment) -> dict:
    done = box.call("backup_export", **HERE, **moment)
    with tarfile.open(done["path"]) as archive:
        archive.extractall(into)
    return done


def bodies(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [body for (body,) in connection.execute("SELECT body FROM entry")]


def test_an_archive_has_all_of_the_data_at_the_last_moment(twice, tmp_path) -> None:
    done = exported(twice, tmp_path)
    assert bodies(tmp_path / "blog-production/app.db") == ["first", "second"]
    assert (tmp_path / "blog-production/photo.jpg").read_bytes() == b"a photo"
    assert [(one["file"], one["id"]) for one in done["databases"]] == [("app.db", "1.1")]
    assert stat.S_IMODE(Path(done["path"]).stat().st_mode) == 0o600


@pytest.mark.parametrize("to", ["1.0", "app.db:1.0"])
def test_a_moment_by_its_id(twice, tmp_path, to) -> None:
    assert exported(twice, tmp_path, to=to)["databases"][0]["id"] == "1.0"
    assert bodies(tmp_path / "blog-production/app.db") == ["first"]


def test_a_moment_by_its_time(twice, tmp_path) -> None:
    today = when.show(time.time())[:10]
    exported(twice, tmp_path, at=today)
    assert bodies(tmp_path / "blog-production/app.db") == ["first", "second"]
    with pytest.raises(BackupError, match="nothing was kept until 2001"):
        exported(twice, tmp_path, at="2001-01-01")
    with pytest.raises(BackupError, match="is yet to come"):
        exported(twice, tmp_path, at="2100-01-01")


@pytest.mark.parametrize(
    ("to", "what"),
    [
        ("1.7", "there is no moment 1.7"),
        ("other.db:1.0", "no database other.db; there is app.db"),
        ("app.db:", "is no moment's id"),
        ("last", "is no moment's id"),
    ],
)
def test_an_id_that_there_is_not_is_refused(twice, to, what) -> None:
    with pytest.raises(BackupError, match=what):
        twice.call("backup_export", **HERE, to=to)


def test_with_several_databases_an_id_needs_its_file(twice, tmp_path) -> None:
    twice.sql("CREATE TABLE entry (body)", file="inner/two.db")
    twice.call("backup_now")
    with pytest.raises(BackupError, match="which database's id this is cannot be told") as caught:
        twice.call("backup_export", **HERE, to="1.0")
    assert caught.value.next == "write it as FILE:ID"
    assert "app.db, inner/two.db" in caught.value.what
    exported(twice, tmp_path, to="inner/two.db:1.0")
    assert bodies(tmp_path / "blog-production/app.db") == ["first", "second"]


def test_a_database_that_was_not_there_yet_stays_out_of_it(twice, tmp_path) -> None:
    twice.sql("CREATE TABLE entry (body)", file="later.db")
    twice.call("backup_now")
    done = exported(twice, tmp_path, to="app.db:1.0")
    assert [one["file"] for one in done["databases"]] == ["app.db"]
    assert not (tmp_path / "blog-production/later.db").exists()


def test_a_database_that_was_removed_stays_out_but_of_times_before(twice, tmp_path) -> None:
    """When in doubt, as between the last pass that saw it and the one that missed it, it is there."""
    twice.sql("CREATE TABLE entry (body)", file="later.db")
    twice.call("backup_now")
    (twice.data() / "later.db").unlink()
    before = when.show(time.time(), exact=True)
    twice.call("backup_now")
    assert wanted(twice.context, *NAMES, None, None).gone() == ["later.db"]
    done = exported(twice, tmp_path / "now")
    assert [one["file"] for one in done["databases"]] == ["app.db"]
    done = exported(twice, tmp_path / "before", at=before)
    assert [one["file"] for one in done["databases"]] == ["app.db", "later.db"]


def test_where_all_is_gone_that_is_said(box) -> None:
    box.call("backup_now")
    (box.data() / "app.db").unlink()
    box.call("backup_now")
    report.settle(Backups(box.layout).local(), [], time.time())
    with pytest.raises(BackupError, match=r"app\.db was gone by then"):
        box.call("backup_export", **HERE)


def test_what_was_never_kept_is_refused(box) -> None:
    with pytest.raises(BackupError, match="nothing of blog in production was kept yet"):
        wanted(box.context, *NAMES, None, None)


def test_an_archive_is_removed_by_its_name_alone(twice, tmp_path) -> None:
    other = tmp_path / "other.tar.gz"
    other.touch()
    path = Path(twice.call("backup_export", **HERE)["path"])
    twice.call("discard_export", path=str(other))
    assert other.exists()
    for _ in range(2):
        twice.call("discard_export", path=str(path))
    assert list(path.parent.iterdir()) == []


def test_nothing_else_is_left_of_an_export(twice) -> None:
    twice.call("backup_export", **HERE)
    assert list(twice.layout.backup.glob("*/.scratch-*")) == []
