"""Objects in each other's place, missing, cut off, doubled, or of an earlier day."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from unit.backup.museum import LAST, OBJECTS, THINNED, Museum
from unit.backup.small import attempted

from flipside.backup.errors import BackupError
from flipside.backup.names import CONFIG, DATABASE

pytest_plugins = ["unit.backup.museums"]


@pytest.mark.parametrize(
    ("epoch", "names"),
    [(1, THINNED[:3] + THINNED[6:]), (2, (*OBJECTS, LAST))],
    ids=["thinned", "newest"],
)
def test_objects_of_an_epoch_in_each_others_place_are_refused(museum, epoch, names) -> None:
    for one, other in itertools.combinations(names, 2):
        first, second = museum.at(epoch, one), museum.at(epoch, other)
        swapped = {first: museum.read(second), second: museum.read(first)}
        assert museum.proves_with(swapped)


@pytest.mark.parametrize("name", [*OBJECTS, LAST])
def test_objects_of_other_epochs_are_refused(museum: Museum, name) -> None:
    for taken, put in ((1, 2), (2, 1)):
        refused = museum.proves_with({museum.at(put, name): museum.read(museum.at(taken, name))})
        assert refused or (put == 1 and name.startswith("i/"))


@pytest.mark.parametrize("number", [3, 4, 9])
def test_an_epoch_that_is_there_again_under_another_number_is_refused(museum, number) -> None:
    random_part = museum.epochs[1].random
    there = museum.storage.path / museum.epochs[1].prefix
    copy = there.with_name(f"{number:08d}-{random_part}")
    shutil.copytree(there, copy)
    try:
        assert museum.proves()
        assert museum.plays()
    finally:
        shutil.rmtree(copy)


@pytest.fixture
def other(museum: Museum, tmp_path: Path) -> Museum:
    """Another repository, of another database with the same name, for the same key."""
    (tmp_path / "other").mkdir()
    shutil.copy(museum.folder / "key", tmp_path / "other/key")
    return Museum(tmp_path / "other")


@pytest.mark.parametrize("name", [*OBJECTS, LAST])
def test_objects_of_another_repository_are_refused(museum: Museum, other: Museum, name) -> None:
    assert museum.proves_with({museum.at(2, name): other.read(other.at(2, name))})


def test_epochs_of_another_repository_or_database_are_refused(
    museum: Museum, other: Museum
) -> None:
    folder = museum.storage.path / DATABASE / museum.subject
    for label in (museum.epochs[2].label, museum.epochs[1].label):
        shutil.move(folder / label, other.folder / label)
        shutil.copytree(other.storage.path / other.epochs[2].prefix, folder / other.epochs[2].label)
        assert museum.proves()
        shutil.rmtree(folder / other.epochs[2].label)
        shutil.move(other.folder / label, folder / label)
    assert not museum.proves()


def test_another_repositorys_description_opens_nothing(museum: Museum, other: Museum) -> None:
    with museum.instead(CONFIG, other.read(CONFIG)):
        museum.reopened()
        for target in (museum.subject, other.subject):
            there = museum.storage.path / DATABASE / target
            if not there.exists():
                shutil.copytree(next(there.parent.iterdir()), there)
            assert isinstance(attempted(museum.restored), BackupError)
        shutil.rmtree(museum.storage.path / DATABASE / other.subject)
    museum.reopened()
    assert not museum.proves()


STRANGE = ("i/00000008", "i/0000000a", "i/00000003.tmp", "i/x/00000001", "c/00000009", "x", "x/y")


@pytest.mark.parametrize("name", STRANGE)
def test_what_does_not_belong_there_opens_nothing_wrong(museum: Museum, name) -> None:
    """Among it the last increment once more, as the next one."""
    data = museum.read(museum.at(2, LAST))
    museum.proves_with({museum.at(2, name): data})
    museum.proves_with({f"{DATABASE}/{museum.subject}/{name}": data})
    museum.proves_with({f"{DATABASE}/{museum.subject}/00000004-zzzzzzzz/{name}": data})
    museum.proves_with({f"{DATABASE}/{name}": data})


@pytest.mark.parametrize("line", ["", "i", "h"])
def test_a_mark_that_nobody_made_hides_nothing(museum: Museum, line) -> None:
    for epoch in (1, 2):
        for data in (b"", museum.read(museum.epochs[1].gone("i"))):
            if (epoch, line) != (1, "i"):
                assert museum.proves_with({museum.epochs[epoch].gone(line): data})
