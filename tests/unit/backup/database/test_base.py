"""A base: an image in chunks, which count only with the manifest that comes last."""

from __future__ import annotations

import pytest

from flipside.backup.database import base as module
from flipside.backup.database import image
from flipside.backup.database.base import Parts, put_base
from flipside.backup.database.chain import Chain
from flipside.backup.database.content import End
from flipside.backup.database.rebuild import write
from flipside.backup.database.source import Source
from flipside.backup.epochs import usable
from flipside.backup.errors import BackupError
from flipside.backup.moment import Until
from flipside.backup.names import DATABASE, subject_id
from flipside.secrets import identity


@pytest.fixture
def parts(world) -> Parts:
    """An epoch that has just begun."""
    subject, readers = subject_id(world.repository.id, "x"), [identity.public(world.private)]
    epoch, key = world.repository.new_epoch(DATABASE, subject, "x", readers)
    return Parts(world.repository, epoch, key)


@pytest.fixture
def taken(world):
    """An image of several pages."""
    world.sql("INSERT INTO entry (body) VALUES (hex(randomblob(20000)))")
    Source(world.path).take(world.folder / "taken")
    return world.folder / "taken"


def put(parts: Parts, taken, after: End | None = None):
    return put_base(parts, taken, "x", image.shape(taken), 12.5, after)


@pytest.mark.parametrize("size", [4096, 5000, 4 << 20])
def test_an_image_comes_back_whatever_its_chunks(world, parts, taken, size, monkeypatch) -> None:
    monkeypatch.setattr(module, "CHUNK_SIZE", size)
    point, stored = put(parts, taken)
    chain = Chain(world.repository, parts.epoch, world.keys)
    write(chain, world.folder / "back", Until())
    content = taken.read_bytes()
    assert (world.folder / "back").read_bytes() == content
    assert len(chain.base.chunks) == -(-len(content) // size)
    objects = {each.name: each.size for each in world.storage.list(parts.epoch.prefix)}
    assert stored == sum(objects.values()) - objects[parts.epoch.key]
    assert (point.number, point.at, point.shape) == (0, 12.5, image.shape(taken))


def test_a_database_without_pages_is_a_base_without_chunks(world, parts) -> None:
    (world.folder / "empty").touch()
    put(parts, world.folder / "empty")
    chain = Chain(world.repository, parts.epoch, world.keys)
    write(chain, world.folder / "back", Until())
    assert (chain.base.chunks, (world.folder / "back").read_bytes()) == ((), b"")


def test_where_the_epoch_before_ended_is_part_of_it(world, parts, taken) -> None:
    after = End("00000001-0a1b2c3d", 7, b"d" * 32)
    put(parts, taken, after)
    assert Chain(world.repository, parts.epoch, world.keys).base.after == after


def test_one_that_was_cut_does_not_count(world, parts, taken, monkeypatch) -> None:
    real = world.storage.put

    def fails(name: str, data: bytes) -> None:
        if name == parts.epoch.base:
            raise BackupError("the disk is full")
        real(name, data)

    monkeypatch.setattr(world.storage, "put", fails)
    with pytest.raises(BackupError):
        put(parts, taken)
    subject = parts.epoch.subject
    assert list(usable(world.repository, DATABASE, subject, world.keys)) == []
    assert world.repository.begun(DATABASE, subject) == [parts.epoch]
