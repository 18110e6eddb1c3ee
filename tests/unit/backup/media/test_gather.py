"""What a list is to have: what could not be read stays, and what is too much at once is put in parts."""

from __future__ import annotations

import os

import pytest


def test_what_cannot_be_read_keeps_its_former_version_and_is_told(world, monkeypatch) -> None:
    for name in ("bad", "good", "sub/x", "sub/deep/y"):
        world.write(name, name)
    world.once()
    before = world.restored()
    real = os.open

    def refusing(path, flags, *args, **words):
        if path in ("bad", "sub"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *args, **words)

    world.write("good", "better")
    world.write("bad", "worse")
    with monkeypatch.context() as patch:
        patch.setattr("flipside.backup.beneath.os.open", refusing)
        world.now += 1
        assert world.writer.once()
    assert {each.path for each in world.writer.problems} == {"bad", "sub"}
    now = world.restored()
    assert now["good"][3] == b"better"
    assert {path: now[path] for path in now if path != "good"} == {
        path: before[path] for path in before if path != "good"
    }


def test_a_first_pass_in_parts_makes_its_moment_at_the_end(world) -> None:
    """So that databases are not kept waiting by a folder full of films."""
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))
    world.write("film", os.urandom(5000))
    passes, size = 0, 0
    while True:
        world.now += 1
        world.writer = world.agent(most=2500)
        stored = world.writer.once()
        passes, size = passes + 1, size + stored.size
        if not world.writer.unfinished:
            break
        assert (stored.pages, world.moments()) == (0, [])
        world.write("restless", f"{passes}" * 3000)
    assert passes >= 6
    assert (world.moments(), stored.pages) == (["1.1"], 12)
    assert size == sum(map(len, world.objects("f/").values())) + len(*world.objects("m/").values())
    assert world.restored() == world.tree()
    world.write("0", "changed")
    assert world.once().pages == 1
    assert not world.writer.unfinished


def test_a_first_pass_that_is_cut_goes_on_from_where_it_was(world, settled, monkeypatch) -> None:
    monkeypatch.setattr("flipside.backup.media.gather.KEEP", 2500)
    monkeypatch.setattr("flipside.backup.media.take.BATCH_FILES", 2)
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))

    def interrupt(path):
        if path == "7":
            raise KeyboardInterrupt

    world.scan.before = interrupt
    with pytest.raises(KeyboardInterrupt):
        world.once()
    put = set(world.objects("f/"))
    assert (len(put), world.moments()) == (6, [])
    world.writer = world.agent()
    assert world.once().pages == 10
    assert world.scan.read == ["6", "7", "8", "9"]
    assert put < world.objects("f/").keys()
    world.whole()


def test_what_a_part_of_a_pass_has_put_is_not_collected(world, settled) -> None:
    for number in range(10):
        world.write(f"{number}", os.urandom(1000))
    world.writer = world.agent(most=2500)
    put = set()
    while world.writer.once() and world.writer.unfinished:
        assert put <= world.objects("f/").keys()
        put = set(world.objects("f/"))
        for _ in range(3):
            world.now += 2 * 86400
            world.collect()
        if len(put) == 4:
            world.writer = world.agent(most=2500)
    assert put < world.objects("f/").keys()
    assert len(world.objects("f/")) == 11
    assert world.restored() == world.tree()
