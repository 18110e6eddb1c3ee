"""Objects that are missing, cut off, or of an earlier day; what was forgotten, and who finds it out."""

from __future__ import annotations

import shutil
from contextlib import ExitStack

import pytest
from unit.backup.museum import LAST, OBJECTS, THINNED, Museum
from unit.backup.small import INSERT, Small, attempted

from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.report import lost
from flipside.backup.verify import verify

pytest_plugins = ["unit.backup.museums"]


@pytest.mark.parametrize(("epoch", "name"), [(1, name) for name in THINNED])
def test_nothing_of_a_middle_epoch_is_missing_unseen(museum: Museum, epoch, name) -> None:
    refused = museum.proves_with({museum.at(epoch, name): None})
    assert refused or name.startswith(("i/", "gone"))


@pytest.mark.parametrize("name", [*OBJECTS, "c/00000000", "i/00000006"])
def test_nothing_of_the_newest_epoch_is_missing_unseen(museum: Museum, name) -> None:
    """But for its end, which only this computer knows of."""
    assert museum.proves_with({museum.at(2, name): None})


@pytest.mark.parametrize("name", ["base", "key.age", "i/00000003", LAST])
def test_what_this_computer_put_last_and_is_lost_is_found(museum: Museum, name) -> None:
    tip = museum.local.state(museum.name).tip()
    assert lost(museum.local, tip) is None
    name = museum.at(2, name)
    if name.endswith(LAST):
        for data in (museum.read(museum.at(2, "i/00000006")), b"", None):
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
def test_an_epoch_of_which_the_end_was_cut_is_refused_by_the_one_after_it(
    tmp_path, quick, kept
) -> None:
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


@pytest.mark.parametrize("name", [*OBJECTS, "c/00000000", "i/00000006", LAST])
def test_what_is_missing_of_the_newest_epoch_is_found_by_whoever_looks_for_it(museum, name) -> None:
    assert [found.error for found in verify(museum.local, museum.keys)] == [None]
    with museum.instead(museum.at(2, name), None):
        found = attempted(lambda: list(verify(museum.local, museum.keys)))
        assert isinstance(found, BackupError) or any(one.error for one in found)
