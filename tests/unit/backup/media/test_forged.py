"""What a manifest may not say, though whoever wrote it had the key."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from unit.backup.forging import bomb
from unit.backup.media.forging import (
    described,
    file,
    forge,
    forge_manifest,
    forge_mark,
    forge_pieces,
    frame,
    manifest,
    replace,
)

from flipside.backup.errors import DamagedError
from flipside.backup.found import FOLDER, LINK
from flipside.backup.media import objects
from flipside.backup.media.entry import Entry
from flipside.backup.packing import pack_json
from flipside.backup.sealing import FIRST

BAD = [
    "../escaped",
    "sub/../../escaped",
    "/tmp/escaped",
    "sub/../a",
    "./a",
    "sub//b",
    "sub/",
    "..",
    ".",
    "missing/a",
    "link/a",
    "b/a",
    "sub/link/../../../escaped",
]


@pytest.mark.parametrize("path", BAD)
def test_a_path_that_leaves_the_folder_is_refused_before_anything_is_written(stored, path) -> None:
    out = stored.folder / "out"
    fine = [
        file(stored, "0"),
        file(stored, "b"),
        Entry("link", LINK, target="/tmp"),
        Entry("sub", FOLDER, 0o755),
        Entry("sub/link", LINK, target=".."),
    ]
    forge(stored, *fine, file(stored, path))
    with pytest.raises(DamagedError, match="none of its folder's"):
        stored.restore(out)
    assert not out.exists()
    assert not Path("/tmp/escaped").exists()
    assert sorted(each.name for each in stored.folder.iterdir()) == [
        "data",
        "key",
        "repo",
        "states",
    ]
    assert stored.restore(out, id="1.1").restored == 3


def test_a_path_listed_twice_is_refused(stored) -> None:
    """A link first, then a file that would be written through it."""
    outside = stored.folder / "outside"
    outside.mkdir()
    forge(
        stored,
        Entry("x", LINK, target=str(outside)),
        Entry("x", FOLDER, 0o755),
        file(stored, "x/a"),
    )
    with pytest.raises(DamagedError, match="twice"):
        stored.restore(stored.folder / "out")
    assert list(outside.iterdir()) == []


ODD = [None, True, "1", "rw", -1, 1.5, math.nan, math.inf, -math.inf, 10**400, 1 << 70, [], {}]


def ids(value: object) -> str:
    return repr(value)[:20]


@pytest.mark.parametrize("field", ["mode", "mtime_ns", "size", "path", "type", "chunks"])
def test_an_entry_of_anything_else_is_refused(stored, field) -> None:
    fine, entry = {"mtime_ns": [-1], "path": ["1", "rw"]}, described(file(stored, "a"))
    for value in (each for each in ODD if each not in fine.get(field, [])):
        forge(stored, entry | {field: value})
        refused(stored)
        replace(stored, objects.manifest(stored.shelf().epoch, 2), None)


def refused(world) -> None:
    for do in (world.restored, world.verify):
        with pytest.raises(DamagedError):
            do()


@pytest.mark.parametrize(
    "changed",
    [
        {"path": ""},
        {"path": "nul\0"},
        {"path": "\ud800"},
        {"type": "device"},
        {"chunks": ["../../../flipside-backup.json"]},
        {"chunks": ["A" * 64]},
        {"chunks": "x"},
        {"chunks": []},
        {"size": 2},
        {"size": 4},
        {"size": 0},
        {"size": 1 << 62},
    ],
    ids=str,
)
def test_what_is_no_entry_is_refused(stored, changed) -> None:
    forge(stored, described(file(stored, "a")) | changed)
    refused(stored)


@pytest.mark.parametrize("target", ["", "nul\0", "\ud800", 5, None, ["a"]], ids=ids)
def test_a_link_to_what_is_no_path_is_refused(stored, target) -> None:
    forge(stored, {"path": "l", "type": LINK, "mtime_ns": 0, "target": target})
    refused(stored)


PIECES = [b"", b"[]", b"5", b"{}", b'{"entries": 5}', b'{"entries": [5]}', b"\xff", b"[" * 200_000]


@pytest.mark.parametrize("piece", PIECES, ids=ids)
def test_what_is_no_list_is_refused(stored, piece) -> None:
    forge_pieces(stored, piece)
    refused(stored)


@pytest.mark.parametrize("field", ["name", "number", "at", "added", "pieces"])
def test_a_manifest_of_anything_else_is_refused(stored, field) -> None:
    fine, whole = {"at": [1.5], "pieces": [[]]}, manifest(stored, number=2)
    for value in (each for each in ODD if each not in fine.get(field, [])):
        forge_manifest(stored, 2, frame(whole | {field: value}))
        for do in (stored.restored, stored.verify, stored.moments):
            with pytest.raises(DamagedError):
                do()


@pytest.mark.parametrize("found", ["", "[]", "5", "{}", "[" * 200_000], ids=ids)
def test_what_is_no_manifest_is_refused(stored, found) -> None:
    forge_manifest(stored, 2, frame(found))
    for do in (stored.restored, stored.verify, stored.moments):
        with pytest.raises(DamagedError):
            do()


@pytest.mark.parametrize("field", ["at", "manifests", "contents"])
def test_a_mark_of_anything_else_hides_nothing_and_is_told(stored, field) -> None:
    whole = {"at": stored.now, "manifests": [1], "contents": []}
    fine = {"at": [1.5], "manifests": [[]], "contents": [[]]}
    for value in (each for each in ODD if each not in fine[field]):
        forge_mark(stored, frame(whole | {field: value}))
        assert stored.moments() == ["1.1"]
        with pytest.raises(DamagedError):
            stored.verify()


@pytest.mark.parametrize("value", [None, "1", math.nan, math.inf, 10**400, [], {}], ids=ids)
def test_what_says_that_an_epoch_goes_is_damaged_if_it_says_no_time(stored, value) -> None:
    forge_mark(stored, pack_json({"at": value}), "")
    with pytest.raises(DamagedError):
        stored.collect()


def test_names_that_are_the_same_in_bytes_alone_are_one(stored) -> None:
    """A link, and a folder whose name decodes to the same bytes: what is in it would go elsewhere."""
    outside = stored.folder / "outside"
    outside.mkdir()
    one, same = "é", "\udcc3\udca9"
    forge(stored, Entry(one, FOLDER, 0o755), Entry(same, LINK, target=str(outside)))
    with pytest.raises(DamagedError, match="twice"):
        stored.restored()


def test_a_piece_listed_over_and_over_is_refused_at_the_second(stored) -> None:
    """As a million times would fill the memory."""
    forge_pieces(stored, pack_json({"entries": [described(file(stored, "a"))]}), times=100_000)
    tracemalloc.start()
    with pytest.raises(DamagedError, match="twice"):
        stored.restored()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 60 << 20


GIB = 1 << 30


def of_a_content(world, packed: bytes) -> None:
    """Instead of the content of the file a."""
    name = file(world, "a").chunks[0]
    where = objects.content(world.shelf().epoch, name)
    replace(world, where, world.shelf().key.seal(objects.CONTENT, where, FIRST, b"\0" + packed))


def of_a_piece(world, packed: bytes) -> None:
    piece = world.shelf().manifest(1).pieces[0]
    where = objects.content(world.shelf().epoch, piece)
    replace(world, where, world.shelf().key.seal(objects.CONTENT, where, FIRST, b"\0" + packed))


def of_a_manifest(world, packed: bytes) -> None:
    forge_manifest(world, 2, packed)


def of_a_mark(world, packed: bytes) -> None:
    forge_mark(world, packed)


@pytest.mark.parametrize("made", [of_a_content, of_a_piece, of_a_manifest, of_a_mark])
@pytest.mark.parametrize(
    "size", [(GIB, None), (4096, GIB << 10), (33 << 20, None), (4096, None)], ids=str
)
def test_what_unpacks_to_more_than_can_be_in_it_is_refused_before(stored, made, size) -> None:
    made(stored, bomb(*size))
    tracemalloc.start()
    with pytest.raises(DamagedError):
        stored.verify()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 << 20


def test_a_frame_that_does_not_say_how_much_is_in_it_is_refused(stored) -> None:
    packed = zstandard.ZstdCompressor(write_content_size=False).compress(b"one")
    of_a_content(stored, packed)
    refused(stored)


@pytest.mark.parametrize("content", [b"", b"\0", b"\0\x28\xb5\x2f\xfd"], ids=ids)
def test_an_object_with_too_little_in_it_is_refused(stored, content) -> None:
    where = objects.content(stored.shelf().epoch, file(stored, "a").chunks[0])
    replace(stored, where, stored.shelf().key.seal(objects.CONTENT, where, FIRST, content))
    refused(stored)


def test_a_number_that_is_none_is_no_moment(stored) -> None:
    """Digits of another script, too few, too many."""
    prefix = objects.manifests(stored.shelf().epoch)
    for name in ("\u0660" * 7 + "\u0662", "0000002", "000000002", "x", "00000002/x"):
        stored.storage.put(prefix + name, b"x")
    assert stored.moments() == ["1.1"]
    assert stored.restored() == stored.tree()


@pytest.mark.parametrize(
    "changed", [{"number": 1}, {"name": "another"}, {"pieces": ("x",)}], ids=str
)
def test_a_manifest_of_another_moment_or_folder_is_refused(stored, changed) -> None:
    forge(stored, **changed)
    for do in (stored.restored, stored.verify, stored.moments):
        with pytest.raises(DamagedError):
            do()


def test_no_file_comes_back_with_another_users_rights(stored) -> None:
    forge(stored, file(stored, "a", mode=0o6755), Entry("d", FOLDER, 0o2777))
    assert {path: each[1] for path, each in stored.restored().items()} == {"a": 0o755, "d": 0o2777}
