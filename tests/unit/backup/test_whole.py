"""A database, or all of a folder, brought back, and what is said of it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from flipside.backup.errors import BackupError, DamagedError, UnopenedError
from flipside.backup.keys import Either, Identities, Remembered, remember, remembered
from flipside.backup.local import Local
from flipside.backup.moment import Until
from flipside.backup.names import DATABASE, Epoch
from flipside.backup.outcome import Outcome
from flipside.backup.places import Place, Places
from flipside.backup.retention import DAY
from flipside.backup.whole import Back, bring_back
from flipside.secrets import identity

NAME = "blog/production"


@pytest.fixture
def data(world):
    """A folder of two databases and a photo, kept."""
    folder = world.folder / "data"
    (folder / "inner").mkdir(parents=True)
    for name in ("one.db", "inner/two.db"):
        with closing(sqlite3.connect(folder / name)) as made:
            made.execute("CREATE TABLE entry (body)")
    (folder / "photo.jpg").write_bytes(b"a photo")
    readers = [identity.public(world.private)]
    local = Local(world.repository, world.folder / "here")
    places = Places(local, lambda: [Place(NAME, folder)], lambda: readers, DAY)
    for kept in places.all():
        assert Outcome(kept.name, kept.once()).stored
    return folder


def back(world, name, into, *, replace=False, **until) -> list[Back]:
    return bring_back(
        world.repository, world.keys, name, Until(**until), world.folder / into, replace=replace
    )


def test_all_of_a_folder_comes_back(world, data) -> None:
    done = back(world, NAME, "back")
    assert sorted(one.name for one in done) == [NAME, f"{NAME}/inner/two.db", f"{NAME}/one.db"]
    names = [path.relative_to(world.folder / "back") for path in (world.folder / "back").rglob("*")]
    assert sorted(map(str, names)) == ["inner", "inner/two.db", "one.db", "photo.jpg"]


def test_one_database_of_a_folder_comes_back_alone(world, data) -> None:
    (one,) = back(world, f"{NAME}/one.db", "x.db", id="1.0")
    assert (one.into, one.moment, one.kept) == (world.folder / "x.db", "1.0", ())


def test_an_id_of_a_whole_folder_means_nothing(world, data) -> None:
    with pytest.raises(BackupError, match="an id is that of one database"):
        back(world, NAME, "back", id="1.0")
    assert not (world.folder / "back").exists()


def test_what_is_in_the_way_stays_unless_it_may_be_replaced(world, data) -> None:
    (world.folder / "x.db").write_text("mine")
    with pytest.raises(BackupError, match="the file is there already"):
        back(world, f"{NAME}/one.db", "x.db")
    (one,) = back(world, f"{NAME}/one.db", "x.db", replace=True)
    assert one.kept[0].read_text() == "mine"
    assert str(one).splitlines()[1] == f"  what was there is kept as {one.kept[0]}"
    assert json.loads(json.dumps(one.as_dict()))["kept"] == [str(one.kept[0])]


def test_the_key_of_another_epoch_opens_nothing(world) -> None:
    world.once()
    (epoch,) = [chain.epoch for chain in world.chains()]
    other, _ = world.repository.new_epoch(
        DATABASE, epoch.subject, "other", [identity.public(world.private)]
    )
    swapped = world.storage.get(epoch.key)
    (world.folder / "repo" / other.key).write_bytes(swapped)
    with pytest.raises(DamagedError, match="this is the key of another epoch"):
        world.keys.open(other)


@pytest.mark.parametrize("content", [b"", b"age-encryption.org/v1\n", b"nonsense"])
def test_a_key_that_was_altered_is_damage(world, content) -> None:
    world.once()
    epoch = world.chains()[0].epoch
    (world.folder / "repo" / epoch.key).write_bytes(content)
    with pytest.raises(DamagedError):
        world.keys.open(epoch)


@pytest.mark.parametrize("content", [b"no json", b"[]", b"{}"])
def test_what_is_not_a_key_inside_is_damage(world, content) -> None:
    import pyrage

    world.once()
    epoch = world.chains()[0].epoch
    reader = pyrage.x25519.Recipient.from_str(identity.public(world.private))
    (world.folder / "repo" / epoch.key).write_bytes(pyrage.encrypt(content, [reader]))
    with pytest.raises(DamagedError, match=r"no JSON object|key of another epoch"):
        world.keys.open(epoch)


def test_the_agent_opens_what_it_made_without_a_private_key(world) -> None:
    world.once()
    epoch = world.chains()[0].epoch
    mine = Remembered(world.writer.state.folder.parent)
    key, name = mine.open(epoch)
    assert (key.secret, name) == (world.keys.open(epoch)[0].secret, world.name)
    unknown = Epoch(DATABASE, epoch.subject, 9, "00000000")
    with pytest.raises(UnopenedError, match="does not have the epoch's key"):
        mine.open(unknown)


def test_keys_are_tried_one_after_the_other(world, tmp_path) -> None:
    world.once()
    epoch = world.chains()[0].epoch
    nothing = Remembered(tmp_path / "none")
    assert Either(nothing, world.keys).open(epoch)[1] == world.name
    with pytest.raises(UnopenedError):
        Either(nothing, Identities(world.repository, [])).open(epoch)


def test_keys_are_remembered_with_the_subjects_name(world, tmp_path) -> None:
    world.once()
    chain = world.chains()[0]
    remember(tmp_path, "a name", {chain.epoch.label: chain.key})
    name, found = remembered(tmp_path)
    assert (name, found[chain.epoch.label].secret) == ("a name", chain.key.secret)
    assert remembered(tmp_path / "none") == ("", {})
