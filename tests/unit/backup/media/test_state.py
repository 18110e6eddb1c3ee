"""What is remembered of a folder's files, and what becomes of a pass without it."""

from __future__ import annotations

import os
from pathlib import Path


def test_files_that_did_not_change_are_not_read_again_even_after_a_restart(world, settled) -> None:
    for name in "abc":
        world.write(name, name * 10)
    world.once()
    assert sorted(world.scan.read) == ["a", "b", "c"]
    world.write("b", "other, and longer")
    world.writer = world.agent()
    world.once()
    assert world.scan.read == ["b"]
    world.writer = world.agent()
    assert world.once() is None
    assert world.scan.read == []
    world.whole()


def test_without_the_index_all_is_read_and_nothing_is_stored_again(world, settled) -> None:
    for name in "abc":
        world.write(name, os.urandom(50_000))
    world.once()
    for spoil in (Path.unlink, lambda path: path.write_bytes(b"spoilt")):
        spoil(world.state / "index")
        world.writer = world.agent()
        assert world.once() is None
        assert sorted(world.scan.read) == ["a", "b", "c"]


def test_where_it_was_is_damaged_another_epoch_begins_and_all_is_there(world) -> None:
    world.write("a", "content")
    world.once()
    for number, content in enumerate((b"", b"[]", b"{}", b"spoilt", b'{"epoch": 7}')):
        (world.state / "files.json").write_bytes(content)
        world.writer = world.agent()
        world.write("a", f"other {number}")
        world.once()
    world.whole()


def test_after_a_clock_that_was_ahead_times_are_right_again(world) -> None:
    world.write("a", "content")
    world.now += 400 * 86400
    world.once()
    world.now -= 400 * 86400
    world.write("a", "today")
    stored = world.once()
    assert stored.at == world.now
    world.whole()
