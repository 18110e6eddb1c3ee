"""Objects in each other's place, missing, cut off, doubled, or of an earlier day."""

from __future__ import annotations

import itertools
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest
from unit.backup.museum import OBJECTS, THINNED, Museum
from unit.backup.small import INSERT, Small, attempted

from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.names import CONFIG, DATABASE
from flipside.backup.report import lost

pytest_plugins = ["unit.backup.museums"]

LAST = "i/00000007"


def at(museum: Museum, epoch: int, name: str) -> str:
    return museum.epochs[epoch].prefix + name


def read(museum: Museum, name: str) -> bytes:
    return (museum.storage.path / name).read_bytes()


def proves_with(museum: Museum, objects: dict[str, bytes | None]) -> int:
    with ExitStack() as stack:
        for name, data in objects.items():
            stack.enter_context(museum.instead(name, data))
        return museum.proves() + museum.plays()


@pytest.mark.parametrize(
    ("epoch", "names"), [(1, THINNED[:3] + THINNED[6:]), (2, (*OBJECTS, LAST))], ids=["thinned", "newest"]
)
def test_objects_of_an_epoch_in_each_others_place_are_refused(museum, epoch, names) -> None:
    for one, other in itertools.combinations(names, 2):
        first, second = at(museum, epoch, one), at(museum, epoch, other)
        swapped = {first: read(museum, second), second: read(museum, first)}
        assert proves_with(museum, swapped)


@pytest.mark.parametrize("name", [*OBJECTS, LAST])
def test_objects_of_other_epochs_are_refused(museum: Museum, name) -> None:
    for taken, put in ((1, 2), (2, 1)):
        refused = proves_with(museum, {at(museum, put, name): read(museum, at(museum, taken, name))})
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
    assert proves_with(museum, {at(museum, 2, name): read(other, at(other, 2, name))})


def test_epochs_of_another_repository_or_database_are_refused(museum: Museum, other: Museum) -> None:
    folder = museum.storage.path / DATABASE / museum.subject
    for label in (museum.epochs[2].label, museum.epochs[1].label):
        shutil.move(folder / label, other.folder / label)
        shutil.copytree(other.storage.path / other.epochs[2].prefix, folder / other.epochs[2].label)
        assert museum.proves()
        shutil.rmtree(folder / other.epochs[2].label)
        shutil.move(other.folder / label, folder / label)
    assert not museum.proves()


def test_another_repositorys_description_opens_nothing(museum: Museum, other: Museum) -> None:
    with museum.instead(CONFIG, read(other, CONFIG)):
        museum.reopened()
        for target in (museum.subject, other.subject):
            there = museum.storage.path / DATABASE / target
            if not there.exists():
                shutil.copytree(next(there.parent.iterdir()), there)
            assert isinstance(attempted(museum.restored), BackupError)
        shutil.rmtree(museum.storage.path / DATABASE / other.subject)
    museum.reopened()
    assert not museum.proves()


@pytest.mark.parametrize(("epoch", "name"), [(1, name) for name in THINNED])
def test_nothing_of_a_middle_epoch_is_missing_unseen(museum: Museum, epoch, name) -> None:
    refused = proves_with(museum, {at(museum, epoch, name): None})
    assert refused or name.startswith(("i/", "gone"))


@pytest.mark.parametrize("name", [*OBJECTS, "c/00000000", "i/00000006"])
def test_nothing_of_the_newest_epoch_is_missing_unseen(museum: Museum, name) -> None:
    """But for its end, which only this computer knows of."""
    assert proves_with(museum, {at(museum, 2, name): None})


@pytest.mark.parametrize("name", ["base", "key.age", "i/00000003", LAST])
def test_what_this_computer_put_last_and_is_lost_is_found(museum: Museum, name) -> None:
    tip = museum.local.state(museum.name).tip()
    assert lost(museum.local, tip) is None
    name = at(museum, 2, name)
    if name.endswith(LAST):
        for data in (read(museum, at(museum, 2, "i/00000006")), b"", None):
            with museum.instead(name, data):
                assert lost(museum.local, tip) == name
    with museum.instead(name, None):
        assert lost(museum.local, tip) or isinstance(attempted(museum.restored), BackupError)


@pytest.mark.parametrize("kept", range(7))
def test_a_newest_epoch_of_which_the_end_was_cut_is_found_by_its_agent(museum, kept) -> None:
    cut = {museum.epochs[2].increment(number): None for number in range(kept + 1, 8)}
    tip = museum.local.state(museum.name).tip()
    with ExitStack() as stack:
        for name, data in cut.items():
            stack.enter_context(museum.instead(name, data))
        assert lost(museum.local, tip) == museum.epochs[2].increment(7)
        # What is left is nothing else than it was.
        assert museum.plays() == 0


@pytest.mark.parametrize("kept", range(7))
def test_an_epoch_of_which_the_end_was_cut_is_refused_by_the_one_after_it(tmp_path, quick, kept) -> None:
    small = Small(tmp_path / "small")
    small.sql("CREATE TABLE entry (body)")
    for number in range(8):
        small.once(INSERT.format(number))
    times = {moment.id: moment.at for moment in small.chains()[0].moments()}
    small.now += 86400
    small.once(INSERT.format("next day"))
    for number in range(kept + 1, 8):
        small.storage.delete(small.chains()[0].epoch.increment(number))
    for moment, when in times.items():
        found = attempted(small.restored, at=when)
        assert found == small.images[moment] or isinstance(found, DamagedError)
    assert isinstance(attempted(small.restored, at=small.now - 1), DamagedError)


def test_a_repository_set_back_to_an_earlier_day_is_found_by_its_agent(tmp_path, quick) -> None:
    small = Small(tmp_path / "small")
    small.sql("CREATE TABLE entry (body)")
    for number in range(4):
        small.once(INSERT.format(number))
    shutil.copytree(small.storage.path, tmp_path / "earlier")
    for later in range(3):
        small.now += later * 50_000
        small.once(INSERT.format(f"later {later}"))
        tip = small.local.state(small.name).tip()
        assert lost(small.local, tip) is None
        shutil.move(small.storage.path, tmp_path / "now")
        shutil.copytree(tmp_path / "earlier", small.storage.path)
        assert lost(small.local, tip)
        shutil.rmtree(small.storage.path)
        shutil.move(tmp_path / "now", small.storage.path)


STRANGE = ("i/00000008", "i/0000000a", "i/00000003.tmp", "i/x/00000001", "c/00000009", "x", "x/y")


@pytest.mark.parametrize("name", STRANGE)
def test_what_does_not_belong_there_opens_nothing_wrong(museum: Museum, name) -> None:
    """Among it the last increment once more, as the next one."""
    data = read(museum, at(museum, 2, LAST))
    proves_with(museum, {at(museum, 2, name): data})
    proves_with(museum, {f"{DATABASE}/{museum.subject}/{name}": data})
    proves_with(museum, {f"{DATABASE}/{museum.subject}/00000004-zzzzzzzz/{name}": data})
    proves_with(museum, {f"{DATABASE}/{name}": data})


@pytest.mark.parametrize("line", ["", "i", "h"])
def test_a_mark_that_nobody_made_hides_nothing(museum: Museum, line) -> None:
    for epoch in (1, 2):
        for data in (b"", read(museum, museum.epochs[1].gone("i"))):
            if (epoch, line) != (1, "i"):
                assert proves_with(museum, {museum.epochs[epoch].gone(line): data})
