"""What every storage does, the folder and the bucket."""

from __future__ import annotations

from functools import partial

import pytest
from unit.backup.storage_tools import raced

from flipside.backup.errors import ConflictError
from flipside.backup.storage.protocol import Listed

pytest_plugins = ["unit.backup.storages"]

NAME, DATA = "db/0123/00000001-89ab/i/00000001", bytes(range(256)) * 400


def test_what_was_put_comes_back(storage, opened) -> None:
    storage.put(NAME, DATA)
    storage.put("top", b"")
    assert opened().get(NAME) == DATA
    assert opened().get("top") == b""


def test_what_is_not_there_is_none(storage) -> None:
    storage.put(NAME, DATA)
    assert [storage.get(name) for name in ("other", "db/other", f"{NAME}1")] == [None] * 3


def test_making_it_again_changes_nothing(storage, opened) -> None:
    storage.put(NAME, DATA)
    opened().make()
    assert list(storage.list("")) == [Listed(NAME, len(DATA))]


def test_the_same_bytes_may_be_put_again(storage, opened) -> None:
    for each in (storage, storage, opened()):
        each.put(NAME, DATA)
    assert storage.get(NAME) == DATA


@pytest.mark.parametrize("other", [b"", DATA[:-1], DATA + b"x"], ids=len)
def test_other_bytes_are_refused_and_what_is_there_stays(storage, other) -> None:
    storage.put(NAME, DATA)
    with pytest.raises(ConflictError, match="another agent writes here") as caught:
        storage.put(NAME, other)
    assert caught.value.where.endswith(NAME)
    assert storage.get(NAME) == DATA


def test_a_listing_has_names_and_sizes_in_order(storage) -> None:
    names = ["c/d/e/f", "b/10", "b/2", "aa", "a-b", "a/b/c", "a/b.c", "a.b"]
    for size, name in enumerate(names):
        storage.put(name, bytes(size))
    assert list(storage.list("")) == sorted(Listed(n, size) for size, n in enumerate(names))


def test_a_listing_has_what_begins_with_the_prefix(storage) -> None:
    for name in ("db/a/1", "db/a/x/2", "db/ab/3", "dba/4", "5"):
        storage.put(name, name.encode())
    assert [each.name for each in storage.list("db/a/")] == ["db/a/1", "db/a/x/2"]
    assert [each.name for each in storage.list("db/")] == ["db/a/1", "db/a/x/2", "db/ab/3"]
    assert list(storage.list("none/")) == []


def test_a_shallow_listing_has_no_further_slashes(storage) -> None:
    for name in ("db/a/1", "db/a/x/2", "db/a/y", "5"):
        storage.put(name, name.encode())
    assert [each.name for each in storage.list("db/a/", deep=False)] == ["db/a/1", "db/a/y"]
    assert list(storage.list("", deep=False)) == [Listed("5", 1)]


def test_folders_are_what_is_before_the_next_slash(storage) -> None:
    for name in ("db/b/1", "db/a/x/2", "db/a/y/3", "files/c/4", "5"):
        storage.put(name, b"")
    assert list(storage.folders("")) == ["db", "files"]
    assert list(storage.folders("db/")) == ["a", "b"]
    assert list(storage.folders("db/a/")) == ["x", "y"]
    assert list(storage.folders("db/b/")) == list(storage.folders("none/")) == []


def test_what_was_deleted_is_gone_and_may_be_put_anew(storage) -> None:
    storage.put(NAME, DATA)
    storage.delete(NAME)
    assert storage.get(NAME) is None
    assert list(storage.list("")) == list(storage.folders("")) == []
    storage.put(NAME, b"other")
    assert storage.get(NAME) == b"other"


def test_deleting_what_is_not_there_is_fine(storage) -> None:
    storage.put("db/a/1", DATA)
    for name in ("db/a/2", "db/b/1", "none"):
        storage.delete(name)
    assert list(storage.list("")) == [Listed("db/a/1", len(DATA))]


def test_a_swap_needs_the_old(storage, opened) -> None:
    assert not storage.swap("writer.json", b"0", b"1")
    assert storage.swap("writer.json", None, b"1")
    assert not opened().swap("writer.json", None, b"2")
    assert not storage.swap("writer.json", b"2", b"3")
    assert opened().swap("writer.json", b"1", b"2")
    assert storage.get("writer.json") == b"2"


def test_a_swap_may_be_done_again(storage) -> None:
    """As after one whose answer was lost."""
    for _ in range(2):
        assert storage.swap("writer.json", None, b"1")
    for _ in range(2):
        assert storage.swap("writer.json", b"1", b"2")
    assert storage.swap("writer.json", b"2", b"2")


def test_of_two_that_put_at_once_one_wins(storage, opened) -> None:
    one, two = opened(), opened()
    for name in (f"db/{index}/1" for index in range(20)):
        ends = raced(partial(one.put, name, b"one"), partial(two.put, name, b"two"))
        assert sorted(type(end).__name__ for end in ends) == ["ConflictError", "NoneType"]
        assert storage.get(name) == (b"two" if ends[0] else b"one")


def test_of_many_that_swap_at_once_each_takes_effect_once(storage, opened) -> None:
    """None of the words that they add is lost."""
    storage.swap("n", None, b"")

    def add(each, who: str) -> None:
        for index in range(10):
            while not each.swap("n", now := each.get("n"), now + f" {who}{index}".encode()):
                pass

    assert raced(*(partial(add, opened(), who) for who in "abc")) == [None] * 3
    added = storage.get("n").decode().split()
    assert sorted(added) == sorted(f"{who}{index}" for who in "abc" for index in range(10))
