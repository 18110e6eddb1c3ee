"""What people read of backups."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from flipside.apps.subject import Subject
from flipside.tasks.show import backups

SUBJECT = Subject("guestbook", "production", None)
ERROR = {"what": "no room", "where": "/disk", "next": "make some"}
NOW = time.time()
STANDING = {
    "name": "guestbook/production/app.db", "checked": NOW, "stored": NOW, "moment": "1.3",
    "size": 75_000, "proven": None, "proof": None, "error": None, "since": None, "behind": 3.0,
}  # fmt: skip
STATUS = {"repository": "/srv/backup", "here": False, "every": 10.0, "subjects": [STANDING]}


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().isoformat(sep=" ", timespec="seconds")


@pytest.fixture
def said(capsys):
    return lambda: "".join(capsys.readouterr())


def test_status_is_a_table_of_what_is_kept_and_where(said) -> None:
    backups.status(STATUS)
    text = said()
    assert text.startswith("kept in /srv/backup, every 10 s\n")
    (row,) = [line for line in text.splitlines() if "app.db" in line]
    assert row.split()[0] == "guestbook/production/app.db"
    assert row.endswith("never")
    assert "on this machine" not in text


def test_status_says_which_moment_was_proven(said) -> None:
    backups.status({**STATUS, "subjects": [{**STANDING, "proven": NOW, "proof": "1.2"}]})
    assert "1.2, " in said()


def test_status_warns_of_what_fails_and_of_a_repository_on_the_machine(said) -> None:
    failing = {**STANDING, "error": ERROR, "since": NOW, "behind": None, "stored": None}
    backups.status({**STATUS, "here": True, "subjects": [failing]})
    text = said()
    assert "guestbook/production/app.db fails since " in text
    assert ": no room" in text
    assert "if its disk is lost, so are they" in text
    assert "docs/backup.md" in text


def test_status_without_anything_says_what_to_do(said) -> None:
    backups.status({**STATUS, "subjects": []})
    assert said() == "nothing is kept yet\nnext: flipside backup.now\n"
    backups.status({**STATUS, "subjects": []}, "guestbook")
    assert "nothing is kept yet of guestbook\nnext: flipside backup.now guestbook" in said()


def test_moments_are_a_table_with_how_to_go_back(said) -> None:
    moment = {"file": "app.db", "kind": "db", "id": "1.3", "at": 1e9, "size": 75}
    backups.moments([moment, {**moment, "file": ".", "kind": "files"}], SUBJECT)
    text = said()
    assert "other files" in text
    assert text.split("\n")[0].split() == ["TIME", "FILE", "ID", "SIZE"]
    assert clock(1e9) in text
    assert 'flipside backup.restore guestbook --at "TIME"' in text


def test_a_pass_says_what_it_put_what_failed_or_that_nothing_changed(said) -> None:
    stored = {"kind": "base", "size": 75, "pages": 1, "at": 1e9}
    backups.passed([
        {"name": "a", "stored": stored, "error": None},
        {"name": "b", "stored": None, "error": ERROR},
        {"name": "c", "stored": None, "error": None},
    ])  # fmt: skip
    text = said()
    assert "a: base, " in text
    assert "b: no room" in text
    assert "c" not in {line.partition(":")[0] for line in text.splitlines()}
    assert "nothing has changed" not in text
    backups.passed([{"name": "c", "stored": None, "error": None}])
    assert said().startswith("nothing has changed\n")


def test_a_drill_says_what_was_proven(said) -> None:
    backups.drilled([
        {"name": "a", "moment": "1.3", "rows": {"x": 2, "y": 3}, "seconds": 0.1, "error": None},
        {"name": "b", "moment": None, "rows": None, "seconds": 0.0, "error": ERROR},
    ])  # fmt: skip
    text = said()
    assert "a: 1.3 restored, 5 rows as live" in text
    assert "b: no room" in text


def test_what_was_verified_is_counted_and_damage_said(said) -> None:
    whole = {"name": "a", "moments": 3, "objects": 4, "size": 75, "error": None}
    backups.verified([whole])
    text = said()
    assert "a: 3 moments, 4 objects, " in text
    assert "all is as it was put" in text
    backups.verified([])
    assert "nothing is kept yet" in said()
    backups.verified([whole, {**whole, "name": "b", "error": "it was altered"}])
    text = said()
    assert "b: it was altered" in text
    assert "there is damage" in text


def test_a_restore_says_what_is_kept_and_how_to_take_it_back(said) -> None:
    done = {
        "databases": [{"file": "app.db", "id": "1.3", "at": 1e9}],
        "kept": "/snapshots/2",
        "undo": "2026-11-20 14:03:00+00:00",
        "files": {"restored": 2, "unchanged": 3, "kept": ["/data/cat.jpg.replaced-1"]},
        "gone": ["old.db"],
    }
    backups.restored(done, SUBJECT)
    text = said()
    assert f"guestbook production: app.db is as of {clock(1e9)} (1.3)" in text
    assert "what it replaced is kept in /snapshots/2" in text
    assert "other files: 2 came back, 3 unchanged" in text
    assert "old.db is not there: it was gone by then" in text
    assert "what was there is kept as /data/cat.jpg.replaced-1" in text
    assert 'backup.restore guestbook --at "2026-11-20 14:03:00+00:00"' in text


def test_what_was_fetched_is_said_to_be_in_plain(said) -> None:
    databases = [{"file": "app.db", "id": "1.3", "at": 1e9}]
    backups.fetched({"databases": databases, "files": {"restored": 2}, "path": "/x.tgz"})
    text = said()
    assert "2 other files" in text
    assert "app.db as of " in text
    assert "wrote /x.tgz: it is in plain, so mind who can read it" in text
