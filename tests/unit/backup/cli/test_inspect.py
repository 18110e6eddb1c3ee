"""`flipside-backup list`, `status` and `verify`."""

from __future__ import annotations

import json

import pytest

from flipside.backup.cli import inspect

SECOND = "INSERT INTO entry (body) VALUES ('second')"


def increments(desk) -> list:
    return sorted((desk.repo / "db").glob("*/*/i/*"))


def test_an_empty_repository_says_so(desk) -> None:
    desk("init")
    assert desk("list") == "nothing is kept here yet\n"
    assert desk.json("list") == []
    assert desk("status") == "no pass was made from here yet\n"
    assert desk.json("status") == []
    assert desk("verify") == "all is as it was put\n"


def test_names_come_with_how_to_see_the_moments(kept) -> None:
    assert kept("list") == f"{kept.database}\nnext: flipside-backup list {kept.repo} DB\n"
    assert kept.json("list") == [{"name": str(kept.database), "kind": "db"}]


def test_other_files_are_told_apart(kept) -> None:
    (kept.folder / "data").mkdir()
    (kept.folder / "data/photo.jpg").write_bytes(b"a photo")
    kept("now", "data")
    assert f"{kept.folder / 'data'}  (other files)\n" in kept("list")
    assert [one["kind"] for one in kept.json("list")] == ["db", "files"]


@pytest.mark.parametrize("named", ["app.db", "./app.db", "{folder}/app.db"])
def test_a_database_goes_by_its_path_however_it_is_written(kept, named) -> None:
    (found,) = kept.json("list", named.format(folder=kept.folder))
    assert (found["name"], found["id"]) == (str(kept.database), "1.0")


def test_moments_are_listed_the_earliest_first(kept) -> None:
    kept.sql(SECOND)
    kept("now", "app.db")
    found = kept.json("list", "app.db")
    assert [one["id"] for one in found] == ["1.0", "1.1"]
    assert found[0]["at"] < found[1]["at"]
    first, second = kept("list", "app.db").splitlines()
    assert (" 1.0 " in first, " 1.1 " in second) == (True, True)
    assert first.endswith(str(kept.database))


def test_a_name_that_is_not_kept_is_refused_with_those_that_are(kept) -> None:
    kept("list", "other.db", status=1)
    assert f"the repository has no other.db; it has {kept.database}\n" in kept.error


def test_status_tells_how_it_stands(kept) -> None:
    said = kept("status")
    assert said.startswith(f"{kept.database}\n  kept:    1.0 of ")
    assert "  behind:  " in said
    assert "  proven:  never\n" in said
    kept("drill", "app.db")
    assert "  proven:  1.0, " in kept("status")
    (found,) = kept.json("status")
    assert (found["moment"], found["proof"], found["error"]) == ("1.0", "1.0", None)
    assert found["size"] > 0


def test_status_fails_with_what_fails(kept) -> None:
    kept.sql("PRAGMA journal_mode=delete")
    whole = kept.database.read_bytes()
    kept.database.write_bytes(b"no database" * 1000)
    kept("now", "app.db", status=1)
    (found,) = kept.json("status", status=1)
    assert found["error"]["what"].startswith("SQLite cannot read it")
    assert found["since"] is not None
    assert "  kept:    1.0 of " in kept("status", status=1)
    assert kept.error.startswith("  failing: SQLite cannot read it")
    kept.database.write_bytes(whole)
    kept("now", "app.db")
    assert kept.json("status")[0]["error"] is None


def test_verify_reads_everything_and_says_so(kept) -> None:
    kept.sql(SECOND)
    kept("now", "app.db")
    assert kept("verify").startswith(f"{kept.database}: 2 moments, 4 objects, ")
    (found,) = kept.json("verify")
    assert (found["moments"], found["error"]) == (2, None)


def test_verify_fails_with_what_is_damaged(kept) -> None:
    kept.sql(SECOND)
    kept("now", "app.db")
    (path,) = increments(kept)
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert kept("verify", status=1) == "there is damage\n"
    assert kept.error.startswith(f"{kept.database}: ")
    assert json.dumps(kept.json("verify", status=1)[0]["error"]).count("/i/00000001") == 1


def test_verify_misses_what_this_computer_put_last(kept) -> None:
    kept.sql(SECOND)
    kept("now", "app.db")
    (path,) = increments(kept)
    path.unlink()
    kept("verify", status=1)
    assert "the object is missing: what was put last was cut off" in kept.error


def test_a_repository_of_a_newer_format_is_left_alone(kept) -> None:
    config = kept.repo / "flipside-backup.json"
    config.chmod(0o600)
    config.write_text(json.dumps({**json.loads(config.read_text()), "format": 99}))
    kept("list", status=1)
    assert "the repository has format 99" in kept.error
    assert "install a newer Flipside" in kept.error
    config.write_text("{}")
    kept("status", status=1)
    assert "this is no description of a repository" in kept.error
    assert inspect.STATUS.name == "status"
