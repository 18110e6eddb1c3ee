"""A storage whose lease is renewed with whatever is written to it."""

from __future__ import annotations

import json

import pytest

from flipside.backup.errors import ConflictError
from flipside.backup.storage.lease import NAME, TTL, Lease
from flipside.backup.storage.leased import Leased

pytest_plugins = ["unit.backup.storages"]


@pytest.fixture
def leased(storage) -> Leased:
    return Leased(storage)


@pytest.fixture
def now(leased) -> list[float]:
    """What the writer's clock shows, in a list that can be changed; it has just taken the lease."""
    shown = [1_800_000_000.0]
    leased.lease = Lease(leased, "a", lambda: shown[0])
    leased.lease.take()
    return shown


def test_it_does_what_the_storage_does(leased, storage) -> None:
    leased.make()
    leased.put("a/1", b"one")
    assert leased.get("a/1") == storage.get("a/1") == b"one"
    assert list(leased.list("a/")) == list(storage.list("a/"))
    assert list(leased.folders("")) == ["a"]
    assert leased.swap("w", None, b"new")
    leased.delete("a/1")
    assert storage.get("a/1") is None
    assert str(leased) == str(storage)


@pytest.mark.parametrize("write", ["put", "delete"])
def test_what_is_written_renews_it_once_a_third_of_its_time_has_passed(
    leased, storage, now, write: str
) -> None:
    """One pass may take longer than a lease lasts."""
    begun = now[0]
    for passed, until in ((TTL / 4, begun + TTL), (TTL / 2, begun + TTL / 2 + TTL)):
        now[0] = begun + passed
        leased.put("x", b"x") if write == "put" else leased.delete("x")
        assert json.loads(storage.get(NAME))["until"] == until


@pytest.mark.parametrize("write", ["put", "delete"])
def test_nothing_is_written_once_another_computer_took_it(leased, storage, now, write: str) -> None:
    storage.put("x/1", b"theirs")
    now[0] += TTL / 2
    Lease(storage, "b", lambda: now[0]).take(by_force=True)
    with pytest.raises(ConflictError, match="writes to this repository"):
        leased.put("x/2", b"x") if write == "put" else leased.delete("x/1")
    assert [each.name for each in storage.list("x/")] == ["x/1"]
