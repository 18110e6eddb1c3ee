"""What objects hold: it comes back as it was packed, and anything else is refused as damage."""

from __future__ import annotations

import json

import pytest

from flipside.backup.database.content import (
    Base,
    End,
    Increment,
    pack_base,
    pack_increment,
    unpack_base,
    unpack_increment,
)
from flipside.backup.database.image import Shape
from flipside.backup.errors import DamagedError
from flipside.backup.packing import pack_json, read_json

SHAPE = Shape(4096, 7)
ROOT = (1 << 255) + 9
END = End("00000001-0a1b2c3d", 4, b"d" * 32)
BASE = Base("app.db", 12.5, SHAPE, ROOT, 16384, (b"a" * 32, b"b" * 32), END)
INCREMENT = Increment(3, 13.25, SHAPE, ROOT, 5, b"groups\0of pages")


@pytest.mark.parametrize("base", [BASE, Base("é/x", 0.0, Shape(512, 0), 0, 1, ())])
def test_a_base_comes_back_as_it_was_packed(base) -> None:
    assert unpack_base(pack_base(base), "base") == base


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("groups", [b"", b"{}", b"groups" * 1000])
def test_an_increment_comes_back_as_it_was_packed(groups, partial) -> None:
    made = Increment(1, 2.0, SHAPE, 0, ROOT, groups, partial)
    assert unpack_increment(pack_increment(made), "i/1") == made


def test_roots_are_64_hex_digits() -> None:
    found = json.loads(pack_base(BASE))
    assert (len(found["root"]), int(found["root"], 16)) == (64, ROOT)
    assert found["after"] == ["00000001-0a1b2c3d", 4, (b"d" * 32).hex()]


@pytest.mark.parametrize("name", list(json.loads(pack_base(BASE))))
def test_a_base_without_one_of_its_values_is_damage(name) -> None:
    found = json.loads(pack_base(BASE))
    del found[name]
    with pytest.raises(DamagedError, match="this is no manifest of a base") as caught:
        unpack_base(pack_json(found), "db/x/base")
    assert caught.value.where == "db/x/base"


@pytest.mark.parametrize(
    "other",
    [
        {"root": "no hex"},
        {"chunks": ["zz"]},
        {"chunks": 7},
        {"pages": None},
        {"after": [1]},
        {"chunk_size": 0},
        {"chunk_size": 99},
    ],
    ids=str,
)
def test_a_base_with_something_else_in_it_is_damage(other) -> None:
    with pytest.raises(DamagedError, match="this is no manifest of a base"):
        unpack_base(pack_json({**json.loads(pack_base(BASE)), **other}), "base")


def test_what_is_no_json_is_damage() -> None:
    for data in (b"", b"{", b"\xff\xfe"):
        with pytest.raises(DamagedError, match="this is no JSON") as caught:
            read_json(data, "hours")
        assert caught.value.where == "hours"


def test_an_increment_cut_within_its_head_is_damage() -> None:
    data = pack_increment(INCREMENT)
    head = len(data) - len(INCREMENT.groups)
    for length in range(head):
        with pytest.raises(DamagedError):
            unpack_increment(data[:length], "i/3")


@pytest.mark.parametrize("name", ["number", "at", "page_size", "before", "root", "partial"])
def test_an_increment_without_one_of_its_values_is_damage(name) -> None:
    data = pack_increment(INCREMENT)
    found = json.loads(data[4 : -len(INCREMENT.groups)])
    del found[name]
    head = pack_json(found)
    with pytest.raises(DamagedError, match="this is no increment"):
        unpack_increment(len(head).to_bytes(4, "little") + head, "i/3")
