"""Everything read and proven: what is found of each subject, and which moments there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.backup.altered import altered

from flipside.backup.catalogue import Entry, entries, within
from flipside.backup.database.prove import prove
from flipside.backup.errors import DamagedError, UnopenedError
from flipside.backup.fetch import AHEAD, fetched
from flipside.backup.history import moments
from flipside.backup.keys import Identities
from flipside.backup.local import Local
from flipside.backup.names import DATABASE, FILES, Epoch
from flipside.backup.proof import keep, last
from flipside.backup.verify import proven, verify
from flipside.secrets import identity

EPOCH = Epoch(DATABASE, "ab" * 16, 1, "0a1b2c3d")


@pytest.fixture
def kept(world):
    """A database with three moments in each of two epochs."""
    for epoch in range(2):
        for number in range(3):
            world.sql(f"INSERT INTO entry (body) VALUES ('{epoch}.{number}')")
            world.once()
        world.now += 100_000
    return world


def object_of(world, end: str, epoch: int = 0) -> Path:
    return sorted((world.folder / "repo/db").glob("*/*"))[epoch] / end


def found(world):
    (one,) = verify(Local(world.repository, world.folder / "none"), world.keys)
    return one


def test_all_of_it_is_counted(kept) -> None:
    one = found(kept)
    paths = [path for path in (kept.folder / "repo/db").rglob("*") if path.is_file()]
    assert (one.name, one.moments, one.error) == (kept.name, 6, None)
    assert (one.objects, one.size) == (len(paths), sum(path.stat().st_size for path in paths))


@pytest.mark.parametrize("epoch", [0, 1])
@pytest.mark.parametrize("end", ["base", "c/00000000", "i/00000001"])
def test_an_altered_object_is_named(kept, end, epoch) -> None:
    path = object_of(kept, end, epoch)
    content = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(altered(content))
    assert end in found(kept).error


@pytest.mark.parametrize("end", ["key.age", "c/00000000", "i/00000001"])
def test_a_missing_object_is_named(kept, end) -> None:
    object_of(kept, end).unlink()
    assert "the object is missing" in found(kept).error
    assert end in found(kept).error


def test_the_end_of_an_epoch_that_another_follows_is_missed(kept) -> None:
    object_of(kept, "i/00000002").unlink()
    assert "the end of the chain was cut" in found(kept).error


def test_one_that_is_damaged_does_not_hide_the_others(kept) -> None:
    object_of(kept, "base").write_bytes(b"x")
    first = found(kept).name
    kept.path = kept.folder / "other.db"
    kept.sql("CREATE TABLE entry (x)")
    kept.writer = kept.agent()
    kept.once()
    results = list(verify(Local(kept.repository, kept.folder / "none"), kept.keys))
    assert {one.name: one.error is None for one in results} == {first: False, kept.name: True}


def test_with_another_key_nothing_can_be_said(kept) -> None:
    keys = Identities(kept.repository, [identity.parsed(identity.generate())])
    with pytest.raises(UnopenedError, match="no private key here opens this backup"):
        list(verify(Local(kept.repository, kept.folder / "none"), keys))


def test_an_epoch_is_proven_with_all_its_moments(kept) -> None:
    assert [proven(chain, kept.folder) for chain in kept.chains()] == [3, 3]


def test_moments_go_over_all_epochs_the_earliest_first(kept) -> None:
    (entry,) = entries(kept.repository, kept.keys)
    listed = list(moments(kept.repository, entry, kept.keys))
    assert [one.id for one in listed] == ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2"]
    assert [one.at for one in listed] == sorted(one.at for one in listed)
    assert entry == Entry(kept.name, DATABASE, listed[-1].epoch)


def test_a_name_means_itself_or_all_of_its_folder() -> None:
    names = ["a", "a/b", "a/b/c", "ab", "b/a"]
    known = [Entry(name, FILES, EPOCH) for name in names]
    assert [one.name for one in within(known, "a")] == ["a", "a/b", "a/b/c"]
    assert [one.name for one in within(known, "a/b")] == ["a/b", "a/b/c"]
    assert within(known, "c") == []


def test_objects_come_in_order_though_several_are_on_their_way(world) -> None:
    names = [f"db/x/{number}" for number in range(AHEAD * 3)]
    for name in names:
        world.storage.put(name, name.encode())
    assert list(fetched(world.repository, names)) == [(name, name.encode()) for name in names]
    assert list(fetched(world.repository, [])) == []


def test_what_is_before_a_missing_object_still_comes(world) -> None:
    world.storage.put("db/x/1", b"one")
    rest = fetched(world.repository, ["db/x/1", "db/x/2", "db/x/3"])
    assert next(rest) == ("db/x/1", b"one")
    with pytest.raises(DamagedError, match="the object is missing") as caught:
        next(rest)
    assert caught.value.where == "db/x/2"


def test_a_proof_is_of_a_moment_and_is_remembered(kept, tmp_path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert last(scratch) is None
    chain = kept.chains()[0]
    proof = prove(chain, scratch, 5.0)
    assert (proof.epoch, proof.moment, proof.at) == (chain.epoch.label, "1.2", 5.0)
    assert list(scratch.iterdir()) == []
    keep(scratch, proof)
    assert last(scratch) == proof


def test_what_cannot_be_restored_is_no_proof(kept, tmp_path) -> None:
    object_of(kept, "c/00000000").unlink()
    with pytest.raises(DamagedError):
        prove(kept.chains()[0], tmp_path, 5.0)
    assert list(tmp_path.glob(".proof-*")) == []
