"""Verbs about backups: how they stand, passes, lists and proofs of them."""

from __future__ import annotations

import pytest

from flipside.backup.errors import BackupError
from flipside.machine.backup.verbs import within_app
from flipside.secrets import identity

HERE = {"app": "blog", "env": "production"}


@pytest.fixture
def kept(box):
    """A machine whose backups are up to date."""
    box.call("backup_now")
    return box


def test_a_pass_tells_what_became_of_each_subject(box) -> None:
    found = {one["name"]: one["stored"] and one["stored"]["kind"] for one in box.call("backup_now")}
    assert found == {"blog/production/app.db": "base", "blog/production": "files"}
    assert all(one["error"] is None for one in box.call("backup_now"))
    box.sql("INSERT INTO entry VALUES ('second')")
    (one,) = [one for one in box.call("backup_now", **HERE) if one["stored"]]
    assert one["stored"]["kind"] == "increment"


def test_one_that_fails_is_told_and_stands_so(kept) -> None:
    kept.sql("PRAGMA journal_mode=delete")
    (kept.data() / "app.db").write_bytes(b"SQLite format 3\0" + b"no database" * 1000)
    (failed,) = [one for one in kept.call("backup_now") if one["error"]]
    assert failed["name"] == "blog/production/app.db"
    found = kept.call("backup_status")["subjects"]
    assert [one["error"] is None for one in found] == [True, False]


def test_what_was_removed_is_gone_with_the_next_pass_and_another_app_is_not(kept) -> None:
    kept.sql("CREATE TABLE entry (x)", app="shop")
    kept.call("backup_now")
    for app in ("blog", "shop"):
        (kept.data(app) / "app.db").unlink()
    kept.call("backup_now", **HERE)
    left = [one["name"] for one in kept.call("backup_status")["subjects"]]
    assert left == ["blog/production", "shop/production", "shop/production/app.db"]
    kept.call("backup_now")
    left = [one["name"] for one in kept.call("backup_status")["subjects"]]
    assert left == ["blog/production", "shop/production"]


@pytest.mark.parametrize("verb", ["backup_now", "backup_drill"])
def test_what_there_is_not_is_refused(box, verb) -> None:
    with pytest.raises(BackupError, match="there is no data of none in production"):
        box.call(verb, app="none", env="production")
    with pytest.raises(BackupError, match=r"there is no data of none\n"):
        box.call(verb, app="none")


def test_status_says_where_for_whom_and_how_each_stands(kept, tmp_path) -> None:
    found = kept.call("backup_status")
    assert (found["repository"], found["here"]) == (str(tmp_path / "repository"), True)
    assert (found["every"], found["recipients"]) == (0.05, [identity.public(kept.private)])
    files, database = found["subjects"]
    assert (files["name"], database["name"]) == ("blog/production", "blog/production/app.db")
    assert (database["moment"], database["proven"], database["error"]) == ("1.0", None, None)
    assert database["behind"] >= 0


def test_status_of_one_app_has_only_that(kept) -> None:
    kept.sql("CREATE TABLE entry (x)", app="shop")
    kept.call("backup_now")
    assert len(kept.call("backup_status")["subjects"]) == 4
    found = kept.call("backup_status", app="shop")["subjects"]
    assert [one["name"] for one in found] == ["shop/production", "shop/production/app.db"]
    assert kept.call("backup_status", app="shop", env="staging")["subjects"] == []


def test_an_app_is_not_another_whose_name_it_begins() -> None:
    assert within_app("blog/production/app.db", "blog", None)
    assert within_app("blog/production", "blog", "production")
    assert not within_app("blog2/production", "blog", None)
    assert not within_app("blog/staging", "blog", "production")


def test_moments_are_listed_with_their_files(kept) -> None:
    kept.sql("INSERT INTO entry VALUES ('second')")
    kept.call("backup_now")
    found = kept.call("backup_list", **HERE)
    assert [one["id"] for one in found if one["file"] == "app.db"] == ["1.0", "1.1"]
    assert {one["kind"] for one in found if one["file"] == "."} == {"files"}
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)


def test_a_list_of_what_was_never_kept_says_what_to_do(box) -> None:
    with pytest.raises(BackupError, match="nothing of blog in production was kept yet") as caught:
        box.call("backup_list", **HERE)
    assert caught.value.next == "flipside backup.now"


def test_everything_is_verified_or_what_is_damaged_named(kept) -> None:
    found = kept.call("backup_verify")
    assert [one["error"] for one in found] == [None, None]
    (chunk,) = (kept.repository / "db").glob("*/*/c/*")
    chunk.unlink()
    damaged = {one["name"]: one["error"] for one in kept.call("backup_verify")}
    assert damaged["blog/production"] is None
    assert "the object is missing" in damaged["blog/production/app.db"]


def test_a_drill_proves_every_database(kept) -> None:
    (found,) = kept.call("backup_drill")
    assert (found["moment"], found["rows"], found["error"]) == ("1.0", {"entry": 1}, None)
    assert kept.call("backup_status", app="blog")["subjects"][1]["proof"] == "1.0"


def test_a_drill_needs_no_private_key_but_what_the_agent_remembers(kept) -> None:
    kept.layout.readers.write_text(f'["{identity.public(kept.private)}"]')
    kept.layout.key.unlink()
    assert kept.call("backup_drill", **HERE)[0]["error"] is None
