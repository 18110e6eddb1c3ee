"""The agent: nothing that fails keeps the others, and what fails is tried less and less often."""

from __future__ import annotations

import errno
from itertools import pairwise

import pytest

from flipside.backup.agent import PATIENCE, Agent, attempt, guarded
from flipside.backup.errors import BackupError
from flipside.backup.outcome import Outcome, Stored
from flipside.errors import SecretError

STORED = Stored("base", 10, 1, 5.0)


class Subject:
    """A subject that does as the test says."""

    kind, recipients = "db", ()

    def __init__(self, name: str) -> None:
        self.name, self.error, self.passes = name, None, 0

    def once(self) -> Stored | None:
        self.passes += 1
        if self.error:
            raise self.error
        return STORED


@pytest.mark.parametrize("error", [BackupError("no"), SecretError("no")])
def test_what_fails_is_an_outcome(error) -> None:
    subject = Subject("a")
    assert attempt(subject) == Outcome("a", STORED)
    subject.error = error
    assert attempt(subject) == Outcome("a", error=error)


def test_a_disk_that_refuses_is_an_outcome_with_what_to_do() -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/state/taken")

    found = guarded("a", full).error
    assert (found.what, found.where) == ("No space left on device", "/state/taken")
    assert "make room" in found.next
    nameless = guarded("a", lambda: (_ for _ in ()).throw(OSError("gone"))).error
    assert nameless.what == "gone"


def test_a_mistake_of_the_program_is_none() -> None:
    subject = Subject("a")
    subject.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        attempt(subject)


def test_one_that_fails_does_not_keep_the_others() -> None:
    first, second = Subject("a"), Subject("b")
    first.error = BackupError("no")
    found = list(Agent().once([first, second]))
    assert [(one.name, one.error is None) for one in found] == [("a", False), ("b", True)]


def test_what_fails_waits_twice_as_long_each_time_up_to_a_limit() -> None:
    now, tried, subject = 0.0, [], Subject("a")
    subject.error = BackupError("no")
    agent = Agent(every=10.0, clock=lambda: now)
    while now < 1500:
        if list(agent.once([subject])):
            tried.append(now)
        now += 10.0
    waits = [after - before for before, after in pairwise(tried)]
    assert waits[:6] == [10.0, 40.0, 80.0, 160.0, PATIENCE, PATIENCE]
    assert set(waits[5:]) == {PATIENCE}


def test_what_works_again_is_looked_at_in_each_pass() -> None:
    now, subject = 0.0, Subject("a")
    subject.error = BackupError("no")
    agent = Agent(every=10.0, clock=lambda: now)
    for now in (0.0, 10.0):  # noqa: B007 - the clock reads it
        list(agent.once([subject]))
    subject.error, now = None, 50.0
    assert [one.stored for one in agent.once([subject])] == [STORED]
    now = 60.0
    assert len(list(agent.once([subject]))) == 1


def test_an_outcome_is_told_as_json() -> None:
    assert Outcome("a").as_dict() == {"name": "a", "stored": None, "error": None}
    found = Outcome("a", STORED).as_dict()["stored"]
    assert found == {"kind": "base", "size": 10, "pages": 1, "at": 5.0}
    error = Outcome("a", error=BackupError("no", "here", "do")).as_dict()["error"]
    assert error == {"what": "no", "where": "here", "next": "do"}
