"""Objects that authenticate though no agent made them so: refused in words, whatever is in them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

import pytest
from unit.backup import forging
from unit.backup.forging import frame, group
from unit.backup.museum import NEWEST, Museum
from unit.backup.small import attempted

from flipside.backup.errors import DamagedError
from flipside.backup.sealing import BASE, GONE, HOURS

pytest_plugins = ["unit.backup.museums"]

DEEP = b"[" * 100_000 + b"]" * 100_000
NO_HEADS = (b"", b"[]", b"7", b"null", b'"text"', b"{}", b"\xff\xfe{}", b'{"name": ', DEEP)
NO_HEADS = (*NO_HEADS, b'{"name": ' + DEEP + b"}", b'{"pages": ' + b"9" * 100_000 + b"}")
ENDLESS = (float("inf"), float("-inf"), float("nan"))
WRONG = (None, "text", [], {}, *ENDLESS)
WRONG_NUMBERS = (*WRONG, -1, 0, 1 << 70)


def unrefused(museum: Museum, forged: Iterable[tuple[Any, dict[str, bytes]]]) -> dict[str, str]:
    """What is wrong and was not refused as it should be: what it is, and what came of it."""
    found = {}
    for label, objects in forged:
        with ExitStack() as stack:
            for name, data in objects.items():
                stack.enter_context(museum.instead(name, data))
            try:
                if not museum.proves(("2.4", NEWEST)):
                    found[str(label)[:40]] = "not refused"
            except Exception as error:  # noqa: BLE001 - told with all others
                found[str(label)[:40]] = f"{type(error).__name__}: {error}"[:90]
    return found


def set_to(field: str, value: object) -> forging.Edit:
    return lambda found: found.update({field: value})


def test_what_is_no_key_at_all(museum: Museum) -> None:
    chain = museum.chains()[2]
    made = ((each, forging.key(chain, each, museum.public)) for each in NO_HEADS)
    assert unrefused(museum, ((each, {chain.epoch.key: data}) for each, data in made)) == {}


def test_what_is_no_base_at_all(museum: Museum) -> None:
    chain = museum.chains()[2]
    name = chain.epoch.base
    made = ((each, forging.head(chain, BASE, name, each)) for each in NO_HEADS)
    assert unrefused(museum, ((each, {name: data}) for each, data in made)) == {}


def test_what_is_no_increment_at_all(museum: Museum) -> None:
    chain = museum.chains()[2]
    name = chain.epoch.increment(7)
    made = ((each, forging.increment(chain, name, each)) for each in NO_HEADS)
    assert unrefused(museum, ((each, {name: data}) for each, data in made)) == {}


def test_what_is_no_end_of_the_hours_at_all(museum: Museum) -> None:
    chain = museum.chains()[1]
    name = chain.epoch.hours
    made = ((each, forging.head(chain, HOURS, name, each)) for each in NO_HEADS)
    assert unrefused(museum, ((each, {name: data}) for each, data in made)) == {}


@pytest.mark.parametrize("field", ["repository", "kind", "subject", "number", "random", "key"])
def test_a_key_with_a_wrong_field(museum: Museum, field) -> None:
    chain = museum.chains()[2]
    values = (*WRONG_NUMBERS, "", "00" * 31, "00" * 33, "zz" * 32)
    made = ((each, forging.key(chain, set_to(field, each), museum.public)) for each in values)
    assert unrefused(museum, ((each, {chain.epoch.key: data}) for each, data in made)) == {}


def test_a_name_that_is_not_its_subjects(museum: Museum) -> None:
    """Such as that of another database, in whose place it would be written."""
    chain = museum.chains()[2]
    values = (*WRONG, "", "other.db", "/etc/passwd", "app.db/../other.db")
    made = ((each, forging.key(chain, set_to("name", each), museum.public)) for each in values)
    assert unrefused(museum, ((each, {chain.epoch.key: data}) for each, data in made)) == {}


FIELDS = ("page_size", "pages", "root", "chunks", "at")


@pytest.mark.parametrize("field", FIELDS)
def test_a_base_with_a_wrong_field(museum: Museum, field) -> None:
    chain = museum.chains()[2]
    values = WRONG if field == "at" else WRONG_NUMBERS
    name = chain.epoch.base
    made = ((each, forging.head(chain, BASE, name, set_to(field, each))) for each in values)
    assert unrefused(museum, ((each, {name: data}) for each, data in made)) == {}


BASES = (
    lambda found: found["chunks"].pop(),
    lambda found: found["chunks"].append(found["chunks"][0]),
    lambda found: found["chunks"].reverse(),
    lambda found: found["chunks"].__setitem__(0, "00"),
    lambda found: found["chunks"].__setitem__(0, None),
    lambda found: found["after"].pop(),
    lambda found: found["after"].__setitem__(1, "many"),
    lambda found: found["after"].__setitem__(2, "zz"),
    lambda found: found.update(after=7),
    lambda found: found.update(root=f"{int(found['root'], 16) ^ 1:064x}"),
    lambda found: found.update(pages=found["pages"] + 1),
    lambda found: found.update(pages=found["pages"] - 1),
    lambda found: found.update(page_size=found["page_size"] * 2, pages=found["pages"] // 2),
)


def test_a_base_with_something_too_much_or_too_little(museum: Museum) -> None:
    chain = museum.chains()[2]
    name = chain.epoch.base
    made = (
        forging.head(chain, BASE, name, lambda found, edit=edit: edit(found) and None)
        for edit in BASES
    )
    assert unrefused(museum, enumerate({name: data} for data in made)) == {}


@pytest.mark.parametrize("field", ["number", "page_size", "pages", "before", "root", "at"])
def test_an_increment_with_a_wrong_field(museum: Museum, field) -> None:
    """Among which is a time before that of the increment before."""
    chain = museum.chains()[2]
    values = (*WRONG, -1) if field == "at" else WRONG_NUMBERS
    name = chain.epoch.increment(7)
    made = ((each, forging.increment(chain, name, set_to(field, each))) for each in values)
    assert unrefused(museum, ((each, {name: data}) for each, data in made)) == {}


@pytest.mark.parametrize("field", ["count", "last"])
def test_an_end_of_the_hours_with_a_wrong_field(museum: Museum, field) -> None:
    chain = museum.chains()[1]
    name = chain.epoch.hours
    made = ((v, forging.head(chain, HOURS, name, set_to(field, v))) for v in WRONG_NUMBERS)
    assert unrefused(museum, ((each, {name: data}) for each, data in made)) == {}


@pytest.mark.parametrize("value", WRONG_NUMBERS, ids=str)
def test_a_mark_of_what_is_to_go_with_a_wrong_time(museum: Museum, tmp_path, value) -> None:
    small = museum.copy(tmp_path / "small")
    chain = small.chains()[1]
    name = chain.epoch.gone("i")
    data = forging.head(chain, GONE, name, set_to("at", value))
    (small.storage.path / name).write_bytes(data)
    attempted(small.writer.collect, museum.keep, [])
    found = attempted(small.moments)
    assert isinstance(found, DamagedError) or found.items() <= museum.images.items()


PAGE = frame(bytes(4096))
GROUPS = {
    "page 0": group([0], PAGE),
    "a page behind the end": group([9999], PAGE),
    "the last page of all": group([0xFFFFFFFF], PAGE),
    "a page twice": group([1, 1], frame(bytes(8192))),
    "pages falling": group([2, 1], frame(bytes(8192))),
    "more pages than a group has": group([1] * 65535, b""),
    "longer than it is": group([1], PAGE, 1 << 31),
    "shorter than it is": group([1], PAGE, 5),
    "no frame": group([1], b"no frame at all"),
    "too little in it": group([1], frame(bytes(4095))),
    "too much in it": group([1], frame(bytes(4097))),
    "more after it": group([1], PAGE + b"more"),
    "cut": group([1], PAGE)[:-3],
    "half a number": b"\x01",
}


def test_an_increment_with_groups_that_are_none(museum: Museum) -> None:
    chain = museum.chains()[2]
    name = chain.epoch.increment(7)
    made = (
        (label, {name: forging.increment(chain, name, lambda found: None, groups)})
        for label, groups in GROUPS.items()
    )
    assert unrefused(museum, made) == {}


def test_a_chunk_that_is_no_frame(museum: Museum) -> None:
    chain = museum.chains()[2]
    frames = (b"", b"no frame", frame(bytes(8192))[:-2], frame(bytes(4096)))
    assert unrefused(museum, ((each, forging.chunk(chain, 0, each)) for each in frames)) == {}


def test_the_museum_is_the_same_again(museum: Museum) -> None:
    assert set(museum.moments()) == set(museum.times)
    assert not museum.proves(museum.times)
