"""Places and the agent's day: what there is to keep, each pass, and what is told of it."""

from __future__ import annotations

import itertools
import sqlite3
import time
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from flipside.backup import report
from flipside.backup import watch as module
from flipside.backup.agent import attempt
from flipside.backup.errors import BackupError
from flipside.backup.local import Local
from flipside.backup.names import FILES
from flipside.backup.places import Place, Places, place
from flipside.backup.retention import DAY, Retention
from flipside.backup.watch import Watch
from flipside.secrets import identity


def database(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("CREATE TABLE IF NOT EXISTS entry (body)")
        made.execute("INSERT INTO entry VALUES (1)")
    return path


class Day:
    """A folder with a database, and what keeps it."""

    def __init__(self, world) -> None:
        self.data, self.told = world.folder / "data", []
        database(self.data / "one.db")
        self.local = Local(world.repository, world.folder / "here")
        self.given = [Place("blog/production", self.data)]
        self.recipients = [identity.public(world.private)]
        self.places = Places(self.local, lambda: self.given, lambda: self.recipients, DAY)
        parts = (self.local, self.places, Retention(), world.keys.identities)
        self.watch = Watch(*parts, self.told.append)

    def names(self) -> list[str]:
        return [kept.name for kept in self.places.all()]


@pytest.fixture
def day(world) -> Day:
    """A day that has not begun."""
    return Day(world)


def test_a_place_goes_by_its_absolute_path(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert place(Path("x.db")) == Place(str(tmp_path / "x.db"), tmp_path / "x.db")
    assert place(Path("~/x.db")).path == tmp_path / "home/x.db"
    (tmp_path / "link.db").symlink_to("x.db")
    assert place(Path("link.db")).path == tmp_path / "link.db"


def test_a_folder_is_its_databases_and_the_rest_of_it(day) -> None:
    database(day.data / "inner/two.db")
    assert sorted(day.names()) == [
        "blog/production",
        "blog/production/inner/two.db",
        "blog/production/one.db",
    ]
    assert [kept.kind for kept in day.places.all()].count(FILES) == 1
    assert len(day.places.databases()) == 2


def test_what_keeps_a_subject_is_the_same_from_look_to_look(day) -> None:
    first = day.places.all()
    database(day.data / "two.db")
    assert [kept for kept in day.places.all() if kept in first] == first


def test_between_two_looks_only_databases_are_passed_over(day) -> None:
    assert len(day.places.subjects()) == 2
    database(day.data / "two.db")
    assert [kept.name for kept in day.places.subjects()] == ["blog/production/one.db"]


def test_a_place_that_is_not_there_yet_is_a_database_that_cannot_be_read(day) -> None:
    day.given = [Place("gone.db", day.data / "gone.db")]
    (outcome,) = day.watch.once()
    assert outcome.name == "gone.db"
    assert "cannot read" in outcome.error.what


def test_a_folder_where_a_database_was_is_none(day) -> None:
    day.watch.once()
    (day.data / "one.db").unlink()
    database(day.data / "one.db/two.db")
    assert day.names() == ["blog/production/one.db/two.db", "blog/production"]


def test_a_file_where_a_database_was_is_told_until_it_has_been_gone(day) -> None:
    day.watch.once()
    (day.data / "one.db").write_text("no database")
    assert "blog/production/one.db" in day.names()
    report.settle(day.local, {"blog/production"}, time.time())
    assert day.names() == ["blog/production"]


def test_a_folder_that_cannot_be_read_keeps_no_other_from_being_kept(day) -> None:
    """What is known of it is not taken for gone."""

    def closed() -> AbstractContextManager[None]:
        raise PermissionError(13, "Permission denied")

    database(day.data.parent / "other/two.db")
    day.given.append(Place("shop/production", day.data.parent / "other"))
    day.watch.once()
    before = day.names()
    day.given[0] = replace(day.given[0], acting=closed)
    places = Places(day.local, lambda: day.given, lambda: day.recipients, DAY)
    assert [kept.name for kept in places.all()] == before
    failed = {kept.name: attempt(kept).error for kept in places.all()}
    assert {name for name in failed if failed[name]} == {
        "blog/production",
        "blog/production/one.db",
    }


def test_new_recipients_hold_from_the_next_look_on(day) -> None:
    day.places.all()
    day.recipients = ["age1new"]
    assert {kept.recipients for kept in day.places.all()} == {("age1new",)}


def test_a_pass_tells_what_it_put_and_later_nothing(day) -> None:
    assert {one.stored.kind for one in day.watch.once()} == {"base", "files"}
    assert len(day.told) == 2
    assert [one.stored for one in day.watch.once()] == [None, None]
    assert len(day.told) == 2


def test_a_failure_is_told_once_and_that_it_works_again(day) -> None:
    aside = day.data.parent / "aside.db"
    day.given = [Place("one.db", day.data / "one.db")]
    day.watch.once()
    (day.data / "one.db").rename(aside)
    for _ in range(3):
        day.watch.once()
    assert [one.error is None for one in day.told] == [True, False]
    aside.rename(day.data / "one.db")
    day.watch.once()
    assert [one.error is None for one in day.told] == [True, False, True]


class EndedError(Exception):
    """The end of the day."""


def lived(day: Day, monkeypatch, passes: int, clock=None) -> None:
    """Run the agent for some passes."""
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == passes:
            raise EndedError

    class Time:
        monotonic, time = staticmethod(clock or time.monotonic), staticmethod(time.time)

    Time.sleep = staticmethod(sleep)
    monkeypatch.setattr(module, "time", Time)
    with day.local.alone() as lease, pytest.raises(EndedError):
        day.watch.run(lease, 10.0)
    assert all(0 <= each <= 10.0 for each in slept)


def test_the_agent_puts_what_there_is(day, monkeypatch) -> None:
    lived(day, monkeypatch, 2)
    assert {one.stored.kind for one in day.told} == {"base", "files"}


def test_what_is_gone_fails_once_and_then_no_more(day, monkeypatch) -> None:
    lived(day, monkeypatch, 1)
    (day.data / "one.db").unlink()
    lived(day, monkeypatch, 1)
    assert [one.error for one in report.standings(day.local, time.time())][1]
    lived(day, monkeypatch, 1)
    (left,) = report.standings(day.local, time.time())
    assert (left.name, left.error) == ("blog/production", None)


def test_every_hour_what_is_not_to_be_kept_goes(day, monkeypatch) -> None:
    ticks, collected = itertools.count(time.monotonic(), 1300), []
    real = day.watch.collect
    monkeypatch.setattr(day.watch, "collect", lambda: collected.append(1) or real())
    lived(day, monkeypatch, 3, lambda: next(ticks))
    assert collected == [1]


def test_without_a_recipient_the_agent_says_so_and_goes_on(day, monkeypatch) -> None:
    def none() -> list[str]:
        raise BackupError("this platform has no key")

    parts = (day.local, Places(day.local, lambda: day.given, none, DAY), Retention(), [])
    day.watch = Watch(*parts, day.told.append)
    lived(day, monkeypatch, 3)
    assert [one.error.what for one in day.told] == ["this platform has no key"]


def test_collecting_counts_the_bytes_and_tells_only_failures(day) -> None:
    day.watch.once()
    assert day.watch.collect() == []
