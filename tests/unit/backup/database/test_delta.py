"""What changed between two images: packed against the old pages, in steps that each have a root."""

from __future__ import annotations

import io
import os

import pytest

from flipside.backup.database import delta, steps
from flipside.backup.database.image import Roots, Shape
from flipside.backup.database.steps import Change, Mark
from flipside.backup.errors import DamagedError

SIZE = 512
ROOTS = Roots(b"k" * 32)


def pages(count: int) -> list[bytes]:
    return [os.urandom(SIZE) for _ in range(count)]


def read(image: list[bytes]) -> delta.Read:
    return delta.reader(io.BytesIO(b"".join(image)), SIZE)


def mark(image: list[bytes]) -> Mark:
    root = 0
    for number, page in enumerate(image, 1):
        root ^= ROOTS.page(number, page)
    return Mark(Shape(SIZE, len(image)), root)


def test_a_page_that_there_is_not_reads_as_nothing() -> None:
    old = pages(2)
    assert [read(old)(number) for number in (1, 2, 3)] == [*old, b""]


@pytest.mark.parametrize("numbers", [[1], [2, 5], list(range(1, 131)), []])
def test_what_was_packed_comes_back_in_order(numbers) -> None:
    old, new = pages(100), pages(130)
    data = b"".join(delta.encode(numbers, read(old), read(new)))
    found = list(delta.decode(data, read(old), Shape(SIZE, 130)))
    assert found == [(number, new[number - 1]) for number in numbers]


def test_a_page_that_hardly_changed_takes_hardly_anything() -> None:
    old = pages(50)
    new = [b"x" + page[1:] for page in old]
    (data,) = delta.encode(range(1, 51), read(old), read(new))
    assert len(data) < 50 * 40
    assert [page for _, page in delta.decode(data, read(old), Shape(SIZE, 50))] == new


def test_what_is_cut_altered_or_applied_to_something_else_is_refused() -> None:
    old, new = pages(3), pages(3)
    (data,) = delta.encode([1, 2, 3], read(old), read([b"y" + page[1:] for page in old]))
    for length in range(1, len(data)):
        with pytest.raises(DamagedError, match="cannot be unpacked"):
            list(delta.decode(data[:length], read(old), Shape(SIZE, 3)))
    with pytest.raises(DamagedError):
        list(delta.decode(data, read(old), Shape(SIZE * 2, 3)))
    with pytest.raises(DamagedError):
        list(delta.decode(b"\xff" * 50, read(new), Shape(SIZE, 3)))


def all_steps(old: list[bytes], new: list[bytes]) -> list[steps.Step]:
    change = Change(ROOTS, read(old), read(new))
    numbers = [
        number for number in range(1, len(new) + 1) if old[number - 1 : number] != [new[number - 1]]
    ]
    return list(change.steps(mark(old), Shape(SIZE, len(new)), numbers))


def applied(image: list[bytes], step: steps.Step) -> list[bytes]:
    count = step.after.shape.pages
    made = [*image, *[b""] * count][:count]
    for number, page in delta.decode(step.groups, read(image), step.after.shape):
        made[number - 1] = page
    return made


GROWN, SHRUNK, OLD = pages(9), pages(3), pages(6)
CASES = {
    "all other": pages(6),
    "grown": [*OLD, *GROWN],
    "grown and other": [*GROWN, *OLD],
    "shrunk": OLD[:2],
    "shrunk and other": SHRUNK,
    "one page": [OLD[0], GROWN[0], *OLD[2:]],
}


@pytest.mark.parametrize("most", [1, 2, 4, 100])
@pytest.mark.parametrize("new", CASES.values(), ids=CASES)
def test_each_step_leads_from_a_root_to_the_next_and_the_last_to_the_new_image(
    new, most, monkeypatch
) -> None:
    monkeypatch.setattr(steps, "most", lambda page_size: most)
    made, image = all_steps(OLD, new), OLD
    for step in made:
        assert step.before == mark(image)
        image = applied(image, step)
        assert step.after == mark(image)
        assert len(step.numbers) <= most
    assert image == new
    assert [step.partial for step in made] == [True] * (len(made) - 1) + [False]


def test_an_image_that_only_became_shorter_is_one_step_without_pages() -> None:
    (step,) = all_steps(OLD, OLD[:4])
    assert (list(step.numbers), step.groups, step.partial) == ([], b"", False)
    assert step.after == mark(OLD[:4])
