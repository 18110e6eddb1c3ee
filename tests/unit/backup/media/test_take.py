"""Live files are kept as they were at one moment."""

from __future__ import annotations

import os
import time
import tracemalloc

import pytest

from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.take import FORMER, TOO_LARGE, TORN


def test_of_a_large_file_only_what_changed_is_stored_again(world) -> None:
    content = bytearray(os.urandom(3 * CHUNK_SIZE + 5))
    large = world.write("large", bytes(content))
    world.once()
    content[CHUNK_SIZE + 7] ^= 1
    large.write_bytes(content)
    assert CHUNK_SIZE < world.once().size < CHUNK_SIZE + 10_000
    with large.open("ab") as file:
        file.write(b"more")
    assert world.once().size < 10_000
    world.whole()


@pytest.mark.parametrize("size", [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE])
def test_files_of_all_sizes_come_back(world, size) -> None:
    world.write("a", os.urandom(size))
    world.once()
    world.whole()


def test_a_huge_file_takes_no_more_memory_than_a_large_one(world) -> None:
    with (world.data / "huge").open("wb") as file:
        for _ in range(40):
            file.write(os.urandom(CHUNK_SIZE))
    tracemalloc.start()
    world.writer.once()
    world.restore(world.folder / "out")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20 * CHUNK_SIZE
    assert (world.folder / "out/huge").stat().st_size == 40 * CHUNK_SIZE
    assert world.verify().objects == 43


def test_a_file_that_may_yet_change_unseen_is_read_again(world, monkeypatch) -> None:
    """As it may for as long as the system's clock stands still."""
    now = time.time_ns()
    for module in ("look", "media.take"):
        monkeypatch.setattr(f"flipside.backup.{module}.signature", lambda _: (1, 3, now, now))
    world.write("a", "one")
    world.once()
    world.write("a", "two")
    assert world.once().pages == 1
    world.whole()


@pytest.mark.parametrize("size", [100, CHUNK_SIZE + 100])
def test_a_file_never_the_same_keeps_its_former_version(world, monkeypatch, size) -> None:
    world.write("restless", b"a" * size)
    world.write("calm", "1")
    world.once()
    before = world.restored()["restless"]
    _restless(world, monkeypatch, size)
    world.write("calm", "22")
    assert world.once()
    assert world.writer.problems == (("restless", FORMER),)
    assert world.restored()["restless"] == before
    assert world.restored()["calm"][3] == b"22"
    assert world.restore(world.folder / "out").torn == ()
    monkeypatch.undo()
    assert world.once()
    world.trees.clear()
    world.whole()


@pytest.mark.parametrize("size", [100, CHUNK_SIZE + 100])
def test_without_a_former_version_it_is_kept_and_said_to_be_torn(world, monkeypatch, size) -> None:
    world.write("restless", b"a" * size)
    _restless(world, monkeypatch, size)
    world.once()
    assert world.writer.problems == (("restless", TORN),)
    assert world.restore(world.folder / "out").torn == ("restless",)
    assert (world.folder / "out/restless").stat().st_size == size
    world.once()
    assert world.writer.problems == (("restless", FORMER),)
    monkeypatch.undo()
    assert world.once()
    assert world.writer.problems == ()
    assert world.restore(world.folder / "out").torn == ()


def _restless(world, monkeypatch, size) -> None:
    """Let the end of a file be another one whenever it is read."""
    real, count = os.pread, iter(range(10**6))

    def pread(file, wanted, at):
        with (world.data / "restless").open("r+b") as target:
            target.seek(size - 8)
            target.write(f"{next(count):08}".encode())
        return real(file, wanted, at)

    monkeypatch.setattr("flipside.backup.media.take.os.pread", pread)


def test_files_that_vanish_or_change_their_kind_meanwhile(world) -> None:
    for name in "abcd":
        world.write(name, name)

    def meanwhile(path):
        if path == "a":
            (world.data / "b").unlink()
            (world.data / "c").unlink()
            (world.data / "c").symlink_to(world.folder / "key")

    world.scan.before = meanwhile
    world.now += 1
    assert world.writer.once()
    assert world.writer.problems == ()
    assert sorted(world.restored()) == ["a", "d"]
    world.scan.before = print
    world.once()
    world.whole()


def test_a_file_that_is_mostly_holes_comes_back_with_them(world) -> None:
    with (world.data / "sparse").open("wb") as file:
        file.seek(100 * CHUNK_SIZE + 5)
        file.write(b"end")
        file.truncate(150 * CHUNK_SIZE + 1)
    assert world.writer.once().size < 100_000
    world.restore(world.folder / "out")
    found = (world.folder / "out/sparse").stat()
    assert found.st_size == 150 * CHUNK_SIZE + 1
    assert found.st_blocks * 512 <= 2 * CHUNK_SIZE
    with (world.folder / "out/sparse").open("rb") as file:
        file.seek(100 * CHUNK_SIZE + 4)
        assert file.read(5) == b"\0end\0"


def test_a_file_that_claims_to_be_larger_than_can_be_is_told_and_not_read(world) -> None:
    """As one of an app's user, which takes no room, would keep an agent at it for days."""
    world.write("huge", "as it was")
    world.once()
    before = world.restored()["huge"]
    with (world.data / "huge").open("r+b") as file:
        file.truncate((1 << 40) + 1)
    world.write("other", "x")
    assert world.writer.once()
    assert world.writer.problems == (("huge", TOO_LARGE),)
    assert world.restored()["huge"] == before


@pytest.mark.parametrize("at", [1 << 66, -(1 << 66)])
def test_a_time_that_is_none_makes_no_moment_that_cannot_be_read(world, monkeypatch, at) -> None:
    """As whoever owns a file may give it where the file system has 64 bits for seconds alone."""
    world.write("a", "one")
    (world.data / "link").symlink_to("a")
    real = os.stat_result

    class Odd:
        def __init__(self, status: real) -> None:
            self._status = status

        def __getattr__(self, name: str) -> object:
            return at if name == "st_mtime_ns" else getattr(self._status, name)

    fstat = os.fstat
    with monkeypatch.context() as patch:
        patch.setattr(os, "fstat", lambda file: Odd(fstat(file)))
        world.now += 1
        assert world.writer.once()
    assert sorted(world.restored()) == ["a", "link"]
    assert world.verify().moments == 1
