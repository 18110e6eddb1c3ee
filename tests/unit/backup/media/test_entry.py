"""What a list of files may say, and in which pieces."""

from __future__ import annotations


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
