"""An epoch opened: which moments it has, and what each of them lists."""

from __future__ import annotations

import pytest

from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Identities
from flipside.backup.media.shelf import Shelf
from flipside.secrets import identity


def test_an_epoch_has_its_moments_but_for_those_that_go(world) -> None:
    for content in ("one", "two", "three"):
        world.write("a", content)
        world.once()
    shelf = world.shelf()
    assert shelf.name == world.name
    assert list(shelf.sizes()) == shelf.kept() == [1, 2, 3]
    assert [each.id for each in shelf.moments()] == world.moments()
    sizes = [each.size for each in shelf.moments()]
    assert sum(sizes) == sum(
        map(len, (*world.objects("m/").values(), *world.objects("f/").values()))
    )
    world.now += 40 * 86400
    world.collect()
    assert (list(shelf.sizes()), shelf.kept()) == ([1, 2, 3], [3])


def test_a_list_refers_to_its_pieces_and_to_all_that_is_in_its_files(world) -> None:
    world.write("a", "one")
    world.write("same", "one")
    world.write("empty", "")
    world.once()
    shelf = world.shelf()
    (piece,) = shelf.manifest(1).pieces
    assert shelf.references([shelf.manifest(1)]) == {piece, shelf.contents.name(b"one")}
    assert [each.path for each in shelf.entries(shelf.manifest(1))] == ["a", "empty", "same"]


def test_a_moment_that_is_not_there_and_a_key_that_opens_nothing_are_told(world, tmp_path) -> None:
    world.write("a", "one")
    world.once()
    with pytest.raises(DamagedError, match="missing"):
        world.shelf().manifest(2)
    (tmp_path / "other").write_text(identity.text([identity.generate()]))
    keys = Identities(world.repository, identity.opened(tmp_path / "other"))
    with pytest.raises(UnopenedError):
        Shelf.by(keys, world.repository, world.shelf().epoch)
