"""A manifest as its object holds it."""

from __future__ import annotations

import pytest

from flipside.backup import packing
from flipside.backup.errors import BackupError, DamagedError
from flipside.backup.media.manifest import Manifest, pack, unpack

MADE = Manifest("guestbook/production", 7, 1234.5, 9, ("0a" * 32, "1b" * 32))


def test_what_was_packed_comes_back() -> None:
    assert unpack(pack(MADE), "m/7") == MADE
    assert unpack(pack(Manifest("é", 1, 0.0, 0, ())), "m/1").pieces == ()


@pytest.mark.parametrize("field", ["name", "number", "at", "added", "pieces"])
def test_nothing_may_be_left_out(field) -> None:
    found = {key: value for key, value in vars(MADE).items() if key != field}
    with pytest.raises(DamagedError) as caught:
        unpack(packing.packed(packing.pack_json(found)), "m/7")
    assert caught.value.where == "m/7"


def test_more_than_a_reader_takes_is_not_put(monkeypatch) -> None:
    monkeypatch.setattr("flipside.backup.media.manifest.LIST_MOST", 150)
    with pytest.raises(BackupError, match="too many files"):
        pack(MADE)
