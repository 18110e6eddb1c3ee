"""What was altered, cut, moved, swapped or taken away is found, and never restored."""

from __future__ import annotations

import os
import random

import pytest
from unit.backup.altered import altered

from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.keys import Identities
from flipside.backup.media import restore, verify
from flipside.backup.media.contents import CHUNK_SIZE
from flipside.backup.moment import Until
from flipside.backup.names import CONFIG, FILES
from flipside.backup.storage.folder import Folder
from flipside.secrets import identity


@pytest.fixture
def stored(world):
    """A world with two moments and, as it is about to go, a mark."""
    world.write("a", "one")
    world.write("large", os.urandom(CHUNK_SIZE + 9))
    (world.data / "link").symlink_to("a")
    world.once()
    world.write("b", "two")
    world.once()
    world.now += 40 * 86400
    world.write("c", "three")
    world.once()
    world.collect()
    return world


def replace(world, name: str, data: bytes | None) -> None:
    """Do what a storage may that is not to be trusted."""
    world.storage.delete(name)
    if data is not None:
        world.storage.put(name, data)


def refused(world) -> None:
    """Assert that it is found, whatever is asked for."""
    with pytest.raises(DamagedError):
        world.verify()


def test_what_is_checked_here_has_every_kind_of_object(stored) -> None:
    prefix = stored.shelf().epoch.prefix
    kinds = {
        data[9:10] if data.startswith(b"FSBACKUP") else b"age" for data in stored.objects().values()
    }
    assert kinds == {b"F", b"M", b"G", b"age"}
    assert {name.removeprefix(prefix)[:2] for name in stored.objects()} == {"f/", "m/", "go", "ke"}
    assert stored.verify().objects == sum(_matters(stored, name) for name in stored.objects())


def test_any_bit_that_is_flipped_is_found(stored) -> None:
    """Each field of each object: all of its head and nonce, and some of the rest."""
    chance = random.Random(0)
    kept = {name for name in stored.objects() if _matters(stored, name)}
    for name in sorted(kept):
        data = stored.storage.get(name)
        places = {*range(min(len(data), 40)), *range(len(data) - 16, len(data))}
        places |= {chance.randrange(len(data)) for _ in range(10)}
        for at in sorted(places if len(data) < 1000 else chance.sample(sorted(places), 20)):
            altered = bytearray(data)
            altered[at] ^= 1 << chance.randrange(8)
            replace(stored, name, bytes(altered))
            with pytest.raises((DamagedError, UnopenedError)):
                stored.verify()
        replace(stored, name, data)
    assert stored.verify().moments == 1


def _matters(world, name: str) -> bool:
    """Return whether an object is not about to be deleted."""
    shelf = world.shelf()
    (mark,) = shelf.marks()
    going = {f"{shelf.epoch.prefix}f/{each}" for each in mark.contents}
    going |= {f"{shelf.epoch.prefix}m/{each:08d}" for each in mark.manifests}
    return name not in going


@pytest.mark.parametrize("how", ["missing", "empty", "cut", "longer", "head"])
def test_any_object_that_is_missing_or_of_another_length_is_found(stored, how) -> None:
    for name, data in stored.objects().items():
        if not _matters(stored, name):
            continue
        if how == "missing" and "/gone-" in name:
            continue  # then nothing is about to be deleted, that is all
        made = {"missing": None, "empty": b"", "cut": data[:-1], "longer": data + b"\0"}
        replace(stored, name, {**made, "head": data[:9]}[how])
        if how == "missing" and name.endswith("key.age"):
            assert stored.verify().moments == 0  # as of an epoch that never was
        elif how == "missing" and "/m/" in name:
            assert stored.verify().moments == 0  # the agent's own state knows: see below
        else:
            refused(stored)
        replace(stored, name, data)
    assert stored.verify().moments == 1


def test_objects_that_are_swapped_are_found(stored) -> None:
    found = {name: data for name, data in stored.objects().items() if _matters(stored, name)}
    names = sorted(found)
    for one in names:
        for other in names:
            if one != other:
                replace(stored, one, found[other])
                refused(stored)
                replace(stored, one, found[one])


def test_a_content_that_is_another_than_its_name_says_is_found(stored) -> None:
    """Whoever put it had the key, and made a mistake."""
    contents = stored.shelf().contents
    name = contents.name(b"one")
    for salt, content in ((0, b"two"), (1, b"one")):
        replace(stored, f"{contents.epoch.prefix}f/{name}", contents.sealed(name, salt, content))
        with pytest.raises(DamagedError, match="another than its name says"):
            stored.verify()


def test_a_manifest_at_another_number_is_found(stored) -> None:
    newest = stored.shelf().epoch.prefix + "m/00000003"
    replace(stored, newest[:-1] + "4", stored.storage.get(newest))
    refused(stored)
    replace(stored, newest[:-1] + "4", None)
    replace(stored, newest, stored.storage.get(newest[:-1] + "2"))
    refused(stored)


def test_objects_of_another_epoch_or_repository_are_found(stored, tmp_path_factory) -> None:
    other = type(stored)(tmp_path_factory.mktemp("other"))
    other.write("a", "one")
    other.once()
    for kind in ("m/", "f/", "key"):
        theirs = next(iter(other.objects(kind).values()))
        mine = next(name for name in stored.objects(kind) if _matters(stored, name))
        data = stored.storage.get(mine)
        replace(stored, mine, theirs)
        with pytest.raises((DamagedError, UnopenedError)):
            stored.verify()
        replace(stored, mine, data)


def test_a_restore_refuses_what_is_damaged_and_changes_nothing(stored) -> None:
    into = stored.folder / "out"
    into.mkdir()
    (into / "a").write_text("precious")
    before = stored.tree(into)
    for name, data in stored.objects().items():
        if _matters(stored, name) and "/gone-" not in name and not name.endswith("key.age"):
            replace(stored, name, altered(data))
            with pytest.raises(DamagedError):
                stored.restore(into)
            assert stored.tree(into) == before
            replace(stored, name, data)
    stored.restore(into)


def test_a_mark_that_was_altered_hides_nothing(stored) -> None:
    """It is told when all is verified, and keeps nobody from his files."""
    (mark,) = stored.objects("gone")
    data = stored.storage.get(mark)
    assert stored.moments() == ["1.3"]
    replace(stored, mark, altered(data))
    assert stored.moments() == ["1.1", "1.2", "1.3"]
    assert stored.restored() == stored.tree()
    stored.write("d", "four")
    assert stored.once()
    assert stored.restored() == stored.tree()


def test_another_key_opens_nothing(stored, tmp_path) -> None:
    (tmp_path / "other").write_text(identity.text([identity.generate()]))
    keys = Identities(stored.repository, identity.opened(tmp_path / "other"))
    with pytest.raises(UnopenedError):
        verify(stored.repository, stored.subject, keys)
    with pytest.raises(UnopenedError):
        restore(stored.repository, stored.subject, keys, tmp_path / "out", Until())
    assert not (tmp_path / "out").exists()


def test_nothing_in_the_repository_tells_what_is_kept(stored) -> None:
    stored.write("canary-name", b"canary-content" * 100)
    (stored.data / "l").symlink_to("canary-target")
    stored.once()
    for path in (stored.folder / "repo").rglob("*"):
        if path.is_file() and path.name != CONFIG:
            assert b"canary" not in path.read_bytes()
            assert b"guestbook" not in path.read_bytes()
        assert "canary" not in str(path)


def test_a_newest_list_that_was_taken_away_is_told_and_put_anew(stored) -> None:
    """As where a storage is set back to what it was: the repository alone cannot tell."""
    newest = stored.shelf().epoch.prefix + "m/00000003"
    replace(stored, newest, None)
    stored.now += 1
    assert stored.writer.once() is None  # nothing changed, and nobody looked
    stored.writer = stored.agent()
    assert stored.writer.once()
    assert [each.path for each in stored.writer.problems] == [""]
    assert "m/00000003, is missing" in stored.writer.problems[0].why
    assert stored.moments()[-1] == "1.4"
    assert stored.restored() == stored.tree()
    stored.writer = stored.agent()
    assert stored.once() is None
    assert stored.writer.problems == ()


def test_a_newest_list_that_was_altered_is_told_and_put_anew(stored) -> None:
    newest = stored.shelf().epoch.prefix + "m/00000003"
    data = stored.storage.get(newest)
    replace(stored, newest, altered(data))
    stored.writer = stored.agent()
    assert stored.writer.once()
    assert "is damaged" in stored.writer.problems[0].why
    assert stored.restored() == stored.tree()


def test_contents_that_were_taken_away_are_put_again(stored) -> None:
    wanted = [name for name in stored.objects("f/") if _matters(stored, name)]
    for name in wanted:
        replace(stored, name, None)
    refused(stored)
    stored.writer = stored.agent()
    stored.writer.once()
    assert stored.objects("f/").keys() >= set(wanted)
    assert stored.restored(id="1.3") == stored.restored() == stored.tree()
    assert stored.verify().moments >= 1


def test_a_content_put_by_a_pass_that_was_cut_is_read_before_it_is_relied_on(world) -> None:
    """Half of one, as a storage may have that is none of the good ones, is put again."""
    world.write("a", "one")
    world.once()
    shelf = world.shelf()
    content = b"two"
    name = shelf.contents.name(content)
    where = f"{shelf.epoch.prefix}f/{name}"
    for found in (shelf.contents.sealed(name, 0, content), b"FSBACKUP", b""):
        replace(world, where, None)
        writer = world.agent(Late(world.storage, where, found))
        world.write("b", content)
        world.now += 1
        assert writer.once()
        assert world.restored() == world.tree()
        (world.data / "b").unlink()
        world.writer = world.agent()
        world.once()


class Late:
    """A storage in which an object turns up just before it is put."""

    def __init__(self, storage: Folder, name: str, data: bytes) -> None:
        self._storage, self._name, self._data = storage, name, data

    def __getattr__(self, name: str) -> object:
        return getattr(self._storage, name)

    def put(self, name: str, data: bytes) -> None:
        if name == self._name and self._data is not None:
            self._storage.put(name, self._data)
            self._data = None
        self._storage.put(name, data)


def test_an_epoch_that_is_somebody_elses_in_name_is_refused(stored) -> None:
    """A key that was copied to another folder's subject."""
    (epoch,) = stored.repository.begun(FILES, stored.subject)
    other = f"files/{'0' * 32}/{epoch.label}/"
    for name, data in stored.objects().items():
        stored.storage.put(other + name.removeprefix(epoch.prefix), data)
    with pytest.raises(DamagedError, match="key of another epoch"):
        verify(stored.repository, "0" * 32, stored.keys)
