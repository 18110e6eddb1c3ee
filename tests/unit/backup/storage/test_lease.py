"""The lease of a repository: one writer at a time, in a folder as in a bucket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from functools import partial

import pytest
from unit.backup import s3_server as faults
from unit.backup.storage_tools import raced

from flipside.backup.errors import BackupError, ConflictError
from flipside.backup.storage import s3
from flipside.backup.storage.lease import NAME, TTL, Lease
from flipside.backup.storage.s3 import Bucket

pytest_plugins = ["unit.backup.storages"]


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lease(storage, opened, clock) -> Callable[[str], Lease]:
    """What makes the lease of a writer, each with a storage of its own."""
    return lambda writer: Lease(opened(), writer, clock)


def test_it_is_taken_and_says_whose_it_is(lease, storage, clock) -> None:
    lease("a").take()
    assert json.loads(storage.get(NAME)) == {
        "writer": "a",
        "host": socket.gethostname(),
        "until": clock.now + TTL,
    }


def test_another_is_refused_until_it_lapses(lease, storage, clock) -> None:
    lease("a").take()
    before = storage.get(NAME)
    clock.now += TTL - 1
    with pytest.raises(ConflictError) as caught:
        lease("b").take()
    assert repr(socket.gethostname()) in caught.value.what
    assert "2027-01-15" in caught.value.what
    assert caught.value.where.endswith(f"/{NAME}")
    assert "--take-over" in caught.value.next
    assert storage.get(NAME) == before
    clock.now += 1
    lease("b").take()
    assert json.loads(storage.get(NAME))["writer"] == "b"


def test_the_same_writer_is_back_at_once(lease, storage, clock) -> None:
    """As an agent that was killed, and started anew."""
    lease("a").take()
    clock.now += 10
    lease("a").take()
    assert json.loads(storage.get(NAME))["until"] == clock.now + TTL


def test_an_operator_may_take_it_by_force(lease, clock) -> None:
    one, two = lease("a"), lease("b")
    one.take()
    two.take(by_force=True)
    with pytest.raises(ConflictError):
        lease("c").take()
    clock.now += TTL / 2
    with pytest.raises(ConflictError, match="writes to this repository"):
        one.renew()
    two.renew()


def test_renewing_is_free_until_a_third_has_passed(lease, storage, clock) -> None:
    one = lease("a")
    one.take()
    taken = storage.get(NAME)
    clock.now += TTL / 3 - 1
    one.renew()
    assert storage.get(NAME) == taken
    clock.now += 1
    one.renew()
    assert json.loads(storage.get(NAME))["until"] == clock.now + TTL
    clock.now += TTL * 0.9
    with pytest.raises(ConflictError):
        lease("b").take()


def test_a_lapsed_lease_that_nobody_took_is_renewed(lease, clock) -> None:
    """As after a night's sleep of a laptop."""
    one = lease("a")
    one.take()
    clock.now += TTL * 100
    one.renew()
    with pytest.raises(ConflictError):
        lease("b").take()


def test_a_lease_that_was_lost_stays_lost_until_it_is_taken(lease, clock) -> None:
    one, two = lease("a"), lease("b")
    one.take()
    clock.now += TTL
    two.take()
    two.release()
    for back in (0, TTL - 1):
        clock.now -= back  # so that the lease that was lost looks young
        with pytest.raises(ConflictError, match="has written to this repository meanwhile"):
            one.renew()
    one.take()
    one.renew()


def test_a_clock_that_goes_back_renews(lease, storage, clock) -> None:
    one = lease("a")
    one.take()
    clock.now -= 5000
    one.renew()
    assert json.loads(storage.get(NAME))["until"] == clock.now + TTL


def test_what_is_released_is_free_at_once(lease) -> None:
    one = lease("a")
    one.take()
    one.release()
    lease("b").take()
    one.release()
    with pytest.raises(ConflictError):
        one.take()


def test_releasing_what_was_lost_changes_nothing(lease, storage, clock) -> None:
    one, two = lease("a"), lease("b")
    one.release()
    assert storage.get(NAME) is None
    one.take()
    two.take(by_force=True)
    before = storage.get(NAME)
    one.release()
    assert storage.get(NAME) == before


def test_one_that_was_deleted_is_made_anew(lease, storage, clock) -> None:
    one = lease("a")
    one.take()
    storage.delete(NAME)
    clock.now += TTL / 2
    one.renew()
    with pytest.raises(ConflictError):
        lease("b").take()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"writer": "b", "host": "h", "until": "soon"}',
        b'{"writer": "b", "host": "h", "until": NaN}',
        b'{"writer": "b", "host": "h", "until": 1e300}',
        b'{"writer": "b", "host": "h", "until": -1}',
        b'{"writer": "b", "host": "h"}',
    ],
)
def test_what_is_no_lease_keeps_nobody_from_writing(lease, storage, content) -> None:
    storage.swap(NAME, None, content)
    lease("a").take()
    assert json.loads(storage.get(NAME))["writer"] == "a"


def test_a_host_that_would_move_the_cursor_is_shown_in_full(lease, storage, clock) -> None:
    held = {"writer": "b", "host": "\x1b[2J", "until": clock.now + TTL}
    storage.swap(NAME, None, json.dumps(held).encode())
    with pytest.raises(ConflictError) as caught:
        lease("a").take()
    assert "\x1b" not in str(caught.value)


def test_of_many_that_take_it_at_once_one_does(lease, storage, clock) -> None:
    """First a lease that is not there, then one that has lapsed."""
    rivals = [lease(writer) for writer in "abcd"]
    for _ in range(8):
        ends = raced(*(partial(rival.take) for rival in rivals))
        assert sum(end is None for end in ends) == 1
        assert sum(isinstance(end, ConflictError) for end in ends) == 3
        winner = "abcd"[ends.index(None)]
        assert json.loads(storage.get(NAME))["writer"] == winner
        clock.now += TTL


def test_of_one_that_renews_and_one_that_takes_a_lapsed_one_only_one_goes_on(
    lease, storage, clock
) -> None:
    for _ in range(8):
        one, two = lease("a"), lease("b")
        one.take()
        clock.now += TTL
        ends = raced(one.renew, two.take)
        assert sorted(type(end).__name__ for end in ends) == ["ConflictError", "NoneType"]
        assert json.loads(storage.get(NAME))["writer"] == ("b" if ends[0] else "a")
        clock.now += TTL


def test_an_answer_that_was_lost_does_not_lose_the_lease(bucket, proxy, clock, monkeypatch) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    one = Lease(Bucket(bucket), "a", clock)
    proxy.faults += [None, faults.lost]
    with pytest.raises(BackupError, match="does not answer"):
        one.take()
    one.take()
    clock.now += TTL / 2
    proxy.faults += [None, faults.lost]
    with pytest.raises(BackupError, match="does not answer"):
        one.renew()
    clock.now += 1
    one.renew()
    with pytest.raises(ConflictError):
        Lease(Bucket(bucket), "b", clock).take()


def test_while_the_storage_is_down_the_lease_is_kept(bucket, proxy, clock, monkeypatch) -> None:
    monkeypatch.setattr(s3, "ATTEMPTS", 1)
    one = Lease(Bucket(bucket), "a", clock)
    one.take()
    proxy.down()
    clock.now += TTL * 3
    with pytest.raises(BackupError, match="does not answer"):
        one.renew()
    proxy.up()
    one.renew()
    with pytest.raises(ConflictError):
        Lease(Bucket(bucket), "b", clock).take()
