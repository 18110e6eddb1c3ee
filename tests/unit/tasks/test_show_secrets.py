"""What people read of secrets."""

from __future__ import annotations

import pytest

from flipside.apps.subject import Subject
from flipside.tasks.show import secrets

SUBJECT = Subject("guestbook", "production", None)
ROTATED = {"public": "age1new", "saved": "/ring/box-new.key", "old": "/ring/box.key", "values": 3}


@pytest.fixture
def said(capsys):
    return lambda: capsys.readouterr().out


def test_what_was_written_says_how_it_takes_effect(said) -> None:
    secrets.written({"secret": "guestbook/production/KEY", "file": "/box/x.sls"}, SUBJECT)
    text = said()
    assert text.startswith("guestbook/production/KEY: wrote /box/x.sls; commit it\n")
    assert "flipside app.deploy guestbook\n" in text
    assert "flipside app.restart guestbook\n" in text


def test_names_are_a_table(said) -> None:
    secrets.names([{"app": "guestbook", "env": "staging", "name": "KEY"}])
    assert [line.split() for line in said().splitlines()] == [
        ["APP", "ENV", "NAME"],
        ["guestbook", "staging", "KEY"],
    ]
    secrets.names([])
    text = said()
    assert text.startswith("there is no secret yet\n")
    assert "flipside secret.set APP NAME" in text


def test_an_edit_tells_names(said) -> None:
    secrets.edited({"set": ["A", "B"], "unset": ["C"]}, SUBJECT)
    text = said()
    assert text.startswith("guestbook production: set A, B\nguestbook production: unset C\n")
    assert "app.deploy" in text


def test_an_edit_that_changed_nothing_asks_for_no_deploy(said) -> None:
    secrets.edited({"set": [], "unset": []}, SUBJECT)
    assert said() == "guestbook production: nothing was changed\n"


def test_problems_are_told_with_their_place_and_number(said) -> None:
    problem = {"where": "x.sls:3", "what": "plain text", "next": "delete it"}
    secrets.problems([problem, {**problem, "next": None}])
    assert said() == "x.sls:3: plain text\n  next:  delete it\nx.sls:3: plain text\n2 problems\n"
    secrets.problems([problem])
    assert said().endswith("\n1 problem\n")
    secrets.problems([])
    assert said() == "all is encrypted\n"


def test_recipients_are_a_table(said) -> None:
    secrets.recipients({"platform": "age1box", "ann": "age1ann"})
    _, first, second, *_ = said().splitlines()
    assert (first.split(), second.split()) == (["platform", "age1box"], ["ann", "age1ann"])


def test_who_was_removed_is_told_what_that_cannot_do(said) -> None:
    done = {"values": 2, "recipients": {"platform": "age1box"}, "removed": "ann"}
    secrets.recipients_changed(done)
    text = said()
    assert text.startswith("2 values are encrypted for: platform\n")
    assert "ann can still open old copies" in text
    assert text.endswith("commit pillar/secrets\n")
    secrets.recipients_changed({**done, "removed": None})
    assert "old copies" not in said()


def test_a_new_key_says_where_it_is_and_what_still_needs_the_old_one(said) -> None:
    secrets.rotated(ROTATED)
    text = said()
    assert "3 values are encrypted for the new key, age1new\n" in text
    assert "/ring/box-new.key: keep a copy of it elsewhere" in text
    assert "backups made until now need it, too: keep /ring/box.key" in text
    secrets.rotated({**ROTATED, "old": None})
    assert "keep its file as long as them" in said()
