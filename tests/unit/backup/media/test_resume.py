"""Where a writer goes on: after a restart, a loss of what it knew, another's moments."""

from __future__ import annotations

import shutil

import pytest

from flipside.backup.errors import BackupError
from flipside.backup.media import moments


def test_without_the_state_a_new_epoch_begins(world) -> None:
    world.write("a")
    world.once()
    shutil.rmtree(world.state)
    world.writer = world.agent()
    assert world.once().kind == "files"
    assert world.moments() == ["1.1", "2.1"]
    world.whole()


def test_a_computer_that_was_set_back_goes_on_after_all_that_it_put(world) -> None:
    """In its epoch while that is the last one, else in another."""
    world.write("a", "one")
    world.once()
    shutil.copytree(world.state, world.folder / "saved")
    world.write("a", "two")
    world.once()
    for wanted in (["1.1", "1.2", "1.3"], ["1.1", "1.2", "1.3", "2.1", "3.1"]):
        shutil.rmtree(world.state)
        if "2.1" in wanted:
            world.writer = world.agent()
            world.once()
            shutil.rmtree(world.state)
        shutil.copytree(world.folder / "saved", world.state)
        world.writer = world.agent()
        world.write("b", wanted[-1])
        world.once()
        assert world.writer.problems == ()
        assert world.moments() == wanted
    world.whole()


def test_other_recipients_begin_a_new_epoch(world, tmp_path) -> None:
    from flipside.backup.keys import Identities
    from flipside.secrets import identity

    world.write("a")
    world.once()
    other = identity.generate()
    (tmp_path / "other").write_text(identity.text([other]))
    theirs = Identities(world.repository, identity.opened(tmp_path / "other"))
    with pytest.raises(BackupError, match="no private key here opens"):
        theirs.open(world.shelf().epoch)
    world.writer.recipients = (*world.recipients, identity.public(other))
    assert world.once().pages == 1
    assert world.moments() == ["1.1", "2.1"]
    world.keys = theirs
    assert world.restored(id="2.1") == world.trees["2.1"]


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("number", [99_999_998, 99_999_999])
def test_who_takes_the_last_number_leads_no_moment_into_nothing(world, number, restarted) -> None:
    """Whoever else can put objects there; a list of nine digits would be none that anybody sees."""
    world.write("a", "one")
    world.once()
    mine = f"{world.shelf().epoch.prefix}m/{number:08d}"
    world.storage.put(mine, b"not a list")
    world.writer = world.agent()
    for content in ("two", "three", "four"):
        world.write("a", content)
        world.now += 1
        assert world.writer.once()
        if restarted:
            world.writer = world.agent()
    world.storage.delete(mine)
    assert world.restored() == world.tree()
    assert [each.epoch.number for each in moments(world.repository, world.subject, world.keys)][
        -1
    ] == 2
    assert world.writer.moment == world.moments()[-1]
