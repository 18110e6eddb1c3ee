"""What is done in a process of its own: its result, its errors, and its end."""

from __future__ import annotations

import os
import signal
import time

import pytest

from flipside.backup.database.apart import NeverBegunError, apart
from flipside.errors import FlipsideError
from flipside.machine.files import locked, try_locked


def test_a_result_comes_back() -> None:
    def do(begun):
        begun()
        return {"pid": os.getpid(), "much": "x" * 1_000_000}

    done = apart(do, 30)
    assert done["pid"] != os.getpid()
    assert len(done["much"]) == 1_000_000


def test_an_error_comes_back_in_its_words() -> None:
    def do(begun):
        raise FlipsideError("it is gone", "/there", "look elsewhere")

    with pytest.raises(FlipsideError) as raised:
        apart(do, 30)
    assert raised.value.as_dict() == {
        "what": "it is gone",
        "where": "/there",
        "next": "look elsewhere",
    }


def test_what_nobody_foresaw_comes_back_as_an_error_too() -> None:
    with pytest.raises(FlipsideError, match="ZeroDivisionError"):
        apart(lambda begun: 1 / 0, 30)


def test_one_that_is_killed_is_an_error() -> None:
    with pytest.raises(FlipsideError, match="was killed"):
        apart(lambda begun: os.kill(os.getpid(), signal.SIGKILL), 30)


def test_one_that_waits_for_ever_is_ended(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NeverBegunError):
        apart(lambda begun: (tmp_path / "pipe").read_bytes(), 0.3)


def test_it_holds_none_of_the_locks_of_who_began_it(tmp_path) -> None:
    """A parent that is killed leaves it behind; the next one must not wait for it."""
    ready, go = os.pipe()
    parent = os.fork()
    if not parent:
        with locked(tmp_path / "lock"):

            def do(begun):
                begun()
                time.sleep(30)

            os.write(go, b"x")
            apart(do, 30)
    os.read(ready, 1)
    time.sleep(0.3)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    with try_locked(tmp_path / "lock") as free:
        assert free
