"""What people read before they go back with the data."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from flipside.apps.subject import Subject
from flipside.tasks.show import losses, releases

SUBJECT = Subject("guestbook", "production", None)
NOW = datetime.now().astimezone()
WHEN = losses.clock(NOW.isoformat())
TABLE = {
    "table": "entry", "new": False, "written": 0, "deleted": 0, "columns": [], "problem": None,
}  # fmt: skip
DATABASE = {
    "database": "guestbook.sqlite3", "new": False, "gone": False, "tables": [], "problem": None,
}  # fmt: skip


def said(*tables, **database):
    """The lines about one database."""
    found = {**DATABASE, "tables": [{**TABLE, **table} for table in tables], **database}
    return losses.lines({"release": "1-a", "at": NOW.isoformat(), "databases": [found]})


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({"written": 3}, f"entry: 3 rows written since {WHEN} would be set aside"),
        ({"written": 1}, f"entry: 1 row written since {WHEN} would be set aside"),
        ({"deleted": 2}, "entry: 2 rows gone since would come back"),
        ({"columns": ["author"]}, "entry: what the new column author holds would be set aside"),
        ({"columns": ["a", "b"]}, "entry: what the new columns a, b hold would be set aside"),
        (
            {"new": True, "written": 5},
            f"entry (new): 5 rows written since {WHEN} would be set aside",
        ),
        (
            {"problem": "x"},
            f"entry: all that was written since {WHEN} would be set aside; how much is unknown (x)",
        ),
    ],
)
def test_each_table_has_a_line(table, text) -> None:
    assert said(table) == [f"guestbook.sqlite3: {text}"]


def test_all_about_a_table_is_one_line() -> None:
    (line,) = said({"written": 1, "deleted": 1, "columns": ["a"]})
    assert line.count("would") == 3


def test_databases_that_come_and_go() -> None:
    assert said(new=True) == [
        f"guestbook.sqlite3: it is new since {WHEN}, and would be set aside"
    ]  # fmt: skip
    new, rows = said({"new": True, "written": 2}, new=True)
    assert "it is new" in new
    assert "(new)" not in rows
    assert said(gone=True) == [f"guestbook.sqlite3: it is gone since {WHEN}, and would come back"]
    (line,) = said(problem="it is damaged")
    assert line.endswith("how much is unknown (it is damaged)")


def test_nothing_is_said_to_be_nothing() -> None:
    found = {"release": "1-a", "at": NOW.isoformat(), "databases": []}
    assert losses.lines(found) == [f"nothing was written to the databases since {WHEN}"]


def test_the_question_names_release_and_moment() -> None:
    found = {"release": "1-a", "at": NOW.isoformat(), "databases": []}
    assert losses.question(found, SUBJECT) == (
        f"guestbook production goes back to 1-a, and its databases to how they were at {WHEN}; "
        "what they are now is set aside"
    )


def test_a_moment_has_its_day_unless_that_is_today() -> None:
    noon = NOW.replace(hour=12, minute=3)
    assert losses.clock(noon.isoformat(), noon) == "12:03"
    before = noon - timedelta(days=1)
    assert losses.clock(before.isoformat(), noon) == f"{before:%Y-%m-%d} 12:03"


def test_the_report_says_where_it_is_kept(capsys) -> None:
    done = {"release": "1-a", "previous": "2-b", "changed": True, "urls": []}
    releases.switched({**done, "kept": "/snapshots/3"}, SUBJECT)
    assert "  what was written since is kept in /snapshots/3\n" in capsys.readouterr().out
    releases.switched({**done, "kept": None}, SUBJECT)
    assert "kept" not in capsys.readouterr().out
