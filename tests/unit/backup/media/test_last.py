"""What was put last is known here, and missed there."""

from __future__ import annotations

from flipside.backup.media import last, lost


def test_what_was_put_last_is_known_and_missed(world) -> None:
    assert last(world.state) is None
    assert lost(world.repository, world.state) is None
    world.write("a")
    world.once()
    found = last(world.state)
    assert (found.id, found.at) == ("1.1", world.now)
    assert lost(world.repository, world.state) is None
    (name,) = world.objects("m/")
    world.storage.delete(name)
    assert lost(world.repository, world.state) == name
    assert last(world.folder / "none") is None
    assert not (world.folder / "none").exists()
