"""An image that is written is proven while somebody else looks at it: both have to agree."""

from __future__ import annotations

import os

import pytest

from flipside.backup.database.image import Roots
from flipside.backup.database.rebuild import write
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.moment import Until


@pytest.fixture
def chain(world):
    world.once()
    (made,) = world.chains()
    return made


def test_who_looks_sees_the_whole_image(chain, world) -> None:
    seen = []
    path = world.folder / "back"
    write(chain, path, Until(), lambda: seen.append(path.read_bytes()))
    assert seen == [world.images[chain.start.id]]


def test_what_who_looks_finds_is_raised(chain, world) -> None:
    def refuse() -> None:
        raise DamagedError("it is crooked")

    with pytest.raises(DamagedError, match="it is crooked"):
        write(chain, world.folder / "back", Until(), refuse)


def test_an_image_of_another_root_is_refused_whatever_was_seen(chain, world, monkeypatch) -> None:
    monkeypatch.setattr(Roots, "of", lambda *_: 1)
    with pytest.raises(DamagedError, match="is not what was taken"):
        write(chain, world.folder / "back", Until())


def test_a_disk_that_fails_while_it_is_proven_is_told(chain, world, monkeypatch) -> None:
    def fails(_: int) -> None:
        raise OSError(5, os.strerror(5))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output error"):
        write(chain, world.folder / "back", Until())


def test_for_a_moment_that_there_is_not_nobody_looks(chain, world) -> None:
    with pytest.raises(BackupError, match="there is no moment"):
        write(chain, world.folder / "back", Until(id="1.99"), lambda: pytest.fail("looked"))
