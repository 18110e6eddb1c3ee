"""A bit flipped, or bytes missing or added, anywhere in an object of any kind."""

from __future__ import annotations

import random

import pytest
from unit.backup.museum import NEWEST, OBJECTS, THINNED, Museum
from unit.backup.small import attempted

from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.names import CONFIG

pytest_plugins = ["unit.backup.museums"]

HEAD = {"magic": 0, "magic's end": 7, "version": 8, "kind": 9, "nonce": 10, "nonce's end": 21}
TAG = 16
PLACES = [(1, name) for name in THINNED] + [(2, name) for name in OBJECTS]
IDS = [f"{name} of epoch {epoch + 1}" for epoch, name in PLACES]


def flips(data: bytes, chance: random.Random) -> list[int]:
    """Where to flip a bit: each field of a sealed object, its content's begin, middle and end."""
    if not data.startswith(b"FSBACKUP"):
        return chance.sample(range(len(data)), 40)
    content = [22, (22 + len(data) - TAG) // 2, len(data) - TAG - 1]
    return [*HEAD.values(), *content, len(data) - TAG, len(data) - 1]


def cuts(data: bytes) -> list[int]:
    """To which length to cut an object: the borders of its fields and some within."""
    most = [0, 1, 7, 8, 9, 10, 15, 21, 22, 23, 37, 38, len(data) // 2]
    return [size for size in (*most, len(data) - 17, len(data) - 16, len(data) - 1) if size >= 0]


@pytest.mark.parametrize(("epoch", "name"), PLACES, ids=IDS)
def test_a_flipped_bit_is_found_by_whoever_needs_the_object(museum: Museum, epoch, name) -> None:
    chance = random.Random(f"{epoch} {name}")
    name = museum.epochs[epoch].prefix + name
    data = (museum.storage.path / name).read_bytes()
    for at in flips(data, chance):
        flipped = bytearray(data)
        flipped[at] ^= 1 << chance.randrange(8)
        with museum.instead(name, bytes(flipped)):
            # Of the thinned epoch nobody needs the passes any more.
            refused = museum.proves((f"{epoch + 1}.7", NEWEST)) + museum.plays()
            assert refused or (epoch == 1 and "/i/" in name)


@pytest.mark.parametrize(("epoch", "name"), PLACES, ids=IDS)
def test_an_object_that_was_cut_or_added_to_is_found(museum: Museum, epoch, name) -> None:
    name = museum.epochs[epoch].prefix + name
    data = (museum.storage.path / name).read_bytes()
    for other in (
        data + b"\0",
        b"\0" + data,
        bytes(len(data)),
        *(data[:end] for end in cuts(data)),
    ):
        with museum.instead(name, other):
            museum.proves((f"{epoch + 1}.4", NEWEST))
            museum.plays()


def test_a_bit_flipped_in_the_description_opens_nothing_wrong(museum: Museum) -> None:
    data = (museum.storage.path / CONFIG).read_bytes()
    for at in range(len(data)):
        for bit in range(8):
            flipped = bytearray(data)
            flipped[at] ^= 1 << bit
            with museum.instead(CONFIG, bytes(flipped)):
                if not isinstance(attempted(museum.reopened), BackupError) and bit == at % 8:
                    museum.proves(("2.4", NEWEST))
    for other in (
        b"",
        b"[]",
        b"1",
        b"null",
        b'{"format": 1}',
        b'{"format": [], "id": 1}',
        b"\xff{}",
    ):
        with museum.instead(CONFIG, other):
            assert isinstance(attempted(museum.reopened), BackupError)
    museum.reopened()
    assert not museum.proves()


@pytest.mark.parametrize("last", [7, 6, 5, 1])
def test_moments_before_a_damaged_increment_come_back(museum: Museum, last) -> None:
    """Whatever became of the end of a chain, what is before it is not lost for it."""
    name = museum.epochs[2].increment(last)
    data = bytearray((museum.storage.path / name).read_bytes())
    data[-1] ^= 1
    with museum.instead(name, bytes(data)):
        for moment, image in museum.images.items():
            if moment.startswith("3.") and int(moment[2:]) < last:
                assert museum.restored(id=moment) == image
            if moment.startswith("3.") and int(moment[2:]) >= last:
                with pytest.raises(DamagedError):
                    museum.restored(id=moment)
