"""What a list of files may say, and in which pieces."""

from __future__ import annotations

import itertools
import zlib

from flipside.backup.found import FILE
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.media.entry import PIECE, PIECE_SIZE, Entry, pieces, read_piece
from flipside.backup.media.objects import LIST_MOST
from flipside.backup.media.take import LARGEST


def test_a_change_among_many_files_stores_a_part_of_the_list_alone(world, monkeypatch) -> None:
    monkeypatch.setattr("flipside.backup.media.entry.PIECE", 16)
    for number in range(300):
        world.write(f"{number % 30}/{number:06}.jpg", f"{number}")
    world.once()
    listed = len(world.objects("f/"))
    assert listed > 310
    world.write("7/000007.jpg", "other")
    world.once()
    # The file, and the piece that lists it.
    assert len(world.objects("f/")) == listed + 2
    (world.data / "7/000007.jpg").unlink()
    world.once()
    assert len(world.objects("f/")) == listed + 3
    assert world.restored() == world.tree()


def test_who_names_files_makes_no_piece_too_large(world) -> None:
    """By names that never end one."""
    paths = (f"{number:08}" for number in itertools.count())
    chosen = itertools.islice((p for p in paths if zlib.crc32(p.encode()) % PIECE), 30_000)
    entries = [Entry(path, FILE, 0o644, 0, 1, ("0" * 64,)) for path in chosen]
    made = list(pieces(entries))
    assert len(made) > 3
    assert max(map(len, made)) < PIECE_SIZE * 1.1
    assert [each for piece in made for each in read_piece(piece, "")] == entries


def test_a_file_of_the_largest_size_fits_into_a_piece() -> None:
    chunks = tuple(f"{number:064x}" for number in range(LARGEST // CHUNK_SIZE))
    (piece,) = pieces([Entry("x" * 4096, FILE, 0o644, -(1 << 62), LARGEST, chunks)])
    assert len(piece) + PIECE_SIZE < LIST_MOST
