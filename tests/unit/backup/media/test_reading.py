"""What is read of a file that others write to."""

from __future__ import annotations

import itertools
import os

from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.take import TORN


def test_a_file_that_grows_while_it_is_read_is_kept_as_it_was(world, monkeypatch) -> None:
    """Each read finds more than the one before."""
    for size in (100, CHUNK_SIZE + 100):
        world.write("log", os.urandom(size))
        real = os.pread

        def growing(file, count, at, real=real):
            with (world.data / "log").open("ab") as log:
                log.write(b"line\n")
            return real(file, count, at)

        with monkeypatch.context() as patch:
            patch.setattr("flipside.backup.media.take.os.pread", growing)
            world.now += 1
            assert world.writer.once()
        assert world.writer.problems == ()
        _, _, _, kept = world.restored()["log"]
        assert (world.data / "log").read_bytes().startswith(kept)
        assert len(kept) >= size


def test_a_file_that_shrinks_and_grows_while_it_is_read_is_cut_as_ever(world, monkeypatch) -> None:
    """What was read of it ends where it ended; else nothing that was put after it would verify."""
    world.write("restless", b"a" * (2 * CHUNK_SIZE + 100))
    real, count = os.pread, itertools.count()

    def pread(file, wanted, at):
        number = next(count)
        return real(file, wanted - 1000 * (at == 0), at)[:-8] + f"{number:08}".encode()

    monkeypatch.setattr("flipside.backup.media.take.os.pread", pread)
    world.once()
    assert world.writer.problems == (("restless", TORN),)
    monkeypatch.undo()
    assert world.verify().moments == 1
    assert world.restore(world.folder / "out").torn == ("restless",)
