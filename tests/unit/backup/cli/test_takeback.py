"""`flipside-backup restore` and `drill`."""

from __future__ import annotations

import pytest

from flipside.backup.cli import takeback
from flipside.secrets import identity

SECOND = "INSERT INTO entry (body) VALUES ('second')"


@pytest.fixture
def twice(kept):
    """Two moments of a database."""
    kept.sql(SECOND)
    kept("now", "app.db")
    return kept


def test_the_last_moment_comes_back_into_a_new_file(twice) -> None:
    into = twice.folder / "x.db"
    said = twice("restore", "app.db", "--into", "x.db")
    assert said.startswith(f"{into}: {twice.database} as of ")
    assert said.endswith("(1.1), proven\n")
    assert twice.bodies(into) == ["first", "second"]


def test_a_moment_by_its_id(twice) -> None:
    (done,) = twice.json("restore", "app.db", "--into", "x.db", "--to", "1.0")
    assert (done["moment"], done["kept"]) == ("1.0", [])
    assert done["into"] == str(twice.folder / "x.db")
    assert twice.bodies(twice.folder / "x.db") == ["first"]


def test_a_moment_by_its_time(twice) -> None:
    twice("restore", "app.db", "--into", "x.db", "--at", "2100-01-01")
    assert twice.bodies(twice.folder / "x.db") == ["first", "second"]
    twice("restore", "app.db", "--into", "y.db", "--at", "2001-01-01 10:00", status=1)
    assert "nothing was kept until 2001-01-01 10:00:59" in twice.error
    assert not (twice.folder / "y.db").exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--to", "1.7"], "there is no moment 1.7"),
        (["--to", "9.0"], "nothing was kept 9.0"),
        (["--to", "last"], "'last' is no moment's id"),
        (["--to", "0.1"], "'0.1' is no moment's id"),
        (["--at", "yesterday"], "'yesterday' is no moment"),
    ],
)
def test_a_moment_that_there_is_not_is_refused(twice, words, what) -> None:
    twice("restore", "app.db", "--into", "x.db", *words, status=1)
    assert twice.error.startswith(f"error: {what}")
    assert sorted(path.name for path in twice.folder.glob("*x.db*")) == []


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(twice) -> None:
    twice("restore", "app.db", "--into", "app.db", "--to", "1.0", status=1)
    assert "the file is there already" in twice.error
    assert "--replace keeps it beside" in twice.error
    assert twice.bodies(twice.database) == ["first", "second"]
    said = twice("restore", "app.db", "--into", "app.db", "--to", "1.0", "--replace")
    (kept,) = twice.folder.glob("app.db.replaced-*")
    assert f"  what was there is kept as {kept}\n" in said
    assert twice.bodies(twice.database) == ["first"]
    assert twice.bodies(kept) == ["first", "second"]


def test_a_folder_that_is_not_there_is_said(twice) -> None:
    twice("restore", "app.db", "--into", "none/x.db", status=1)
    assert "there is no such folder" in twice.error


def test_a_folder_comes_back_with_its_databases_and_files(kept) -> None:
    data = kept.folder / "data"
    (data / "inner").mkdir(parents=True)
    kept.sql("CREATE TABLE entry (id, body)", "INSERT INTO entry VALUES (1, 'inside')",
             path=data / "inner/one.db")  # fmt: skip
    (data / "photo.jpg").write_bytes(b"a photo")
    kept("now", "data")
    done = kept.json("restore", "data", "--into", "back")
    assert len(done) == 2
    assert kept.bodies(kept.folder / "back/inner/one.db") == ["inside"]
    assert (kept.folder / "back/photo.jpg").read_bytes() == b"a photo"
    kept("restore", "data/inner/one.db", "--into", "one.db")
    assert kept.bodies(kept.folder / "one.db") == ["inside"]
    kept("restore", "data", "--into", "again", "--to", "1.0", status=1)
    assert "an id is that of one database, and this is a folder" in kept.error


def test_another_computer_with_the_key_alone_brings_it_back(twice, monkeypatch) -> None:
    (key,) = (twice.folder / "keys").iterdir()
    key = key.rename(twice.folder / "carried.key")
    monkeypatch.setenv("FLIPSIDE_BACKUP_STATE", str(twice.folder / "elsewhere"))
    twice("restore", twice.database, "--into", "x.db", "--identity", key)
    assert twice.bodies(twice.folder / "x.db") == ["first", "second"]


def test_a_damaged_object_brings_nothing_back(twice) -> None:
    (path,) = (twice.repo / "db").glob("*/*/i/*")
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])
    twice("restore", "app.db", "--into", "x.db", status=1)
    assert twice.error.startswith("error: ")
    assert list(twice.folder.glob("*x.db*")) == []


def test_a_drill_counts_rows_and_is_remembered(twice) -> None:
    assert f"{twice.database}: 1.1 restored, 2 rows as live, " in twice("drill", "app.db")
    (found,) = twice.json("drill", "app.db")
    assert (found["rows"], found["error"]) == ({"entry": 2}, None)
    assert twice.json("status")[0]["proof"] == "1.1"


def test_a_drill_first_keeps_what_is_new(twice) -> None:
    twice.sql("INSERT INTO entry (body) VALUES ('third')")
    (found,) = twice.json("drill", "app.db")
    assert (found["moment"], found["rows"]) == ("1.2", {"entry": 3})


def test_a_drill_that_fails_says_so_and_is_no_proof(twice) -> None:
    (chunk,) = (twice.repo / "db").glob("*/*/c/*")
    chunk.unlink()
    (found,) = twice.json("drill", "app.db", status=1)
    assert found["error"]["what"] == "the object is missing"
    twice("drill", "app.db", status=1)
    assert twice.error.startswith(f"{twice.database}: the object is missing")
    assert twice.json("status")[0]["proven"] is None


def test_a_drill_with_another_key_fails(twice) -> None:
    (twice.folder / "other.key").write_text(identity.text([identity.generate()]))
    twice("drill", "app.db", "--identity", "other.key", status=1)
    assert "no private key here opens this backup" in twice.error
    assert takeback.DRILL.name == "drill"
