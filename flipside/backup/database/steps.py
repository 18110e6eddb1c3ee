"""From one image to the next in steps that fit into memory, each with its root."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flipside.backup.database import delta
from flipside.backup.database.image import Roots, Shape

MOST = 8 << 20
"""Bytes of pages in one step."""


def most(page_size: int) -> int:
    """Return how many pages of so many bytes a step has at most."""
    return max(1, MOST // page_size)


@dataclass(frozen=True)
class Mark:
    """An image, as far as a step has to know it: its shape and its root."""

    shape: Shape
    root: int


@dataclass(frozen=True)
class Step:
    """Some of the pages that changed.

    Attributes:
        numbers: Theirs, from 1, rising.
        before: What the step applies to.
        after: What it leads to.
        groups: The pages, as `flipside.backup.database.delta` packs them.
        partial: Whether steps follow, so that nobody ever saw this image.
    """

    numbers: Sequence[int]
    before: Mark
    after: Mark
    groups: bytes
    partial: bool


@dataclass(frozen=True)
class Change:
    """Two images.

    Attributes:
        roots: Makes root hashes.
        old: Reads the pages of the one before; none of those numbered here may change meanwhile but
            by the steps themselves.
        new: Reads the pages of the one after.
    """

    roots: Roots
    old: delta.Read
    new: delta.Read

    def steps(self, before: Mark, shape: Shape, numbers: Sequence[int]) -> Iterator[Step]:
        """Yield the steps, one at least.

        Args:
            before: The old image.
            shape: The new one's.
            numbers: The pages that it has otherwise or not at all, rising.
        """
        kept, size = min(before.shape.pages, shape.pages), most(shape.page_size)
        for begin in range(0, max(1, len(numbers)), size):
            part = numbers[begin : begin + size]
            partial = begin + size < len(numbers)
            # New pages come last: the image ends with the last one of them so far.
            pages = max(kept, part[-1]) if partial else shape.pages
            after = self._after(before, Shape(shape.page_size, pages), part)
            groups = b"".join(delta.encode(part, self.old, self.new))
            yield Step(part, before, after, groups, partial)
            before = after

    def _after(self, before: Mark, shape: Shape, numbers: Sequence[int]) -> Mark:
        """Return what a step leads to: the root without what it replaces or cuts off, with what is new."""
        root, pages = before.root, before.shape.pages
        for number in numbers:
            root ^= self.roots.page(number, self.new(number))
        for number in [*numbers, *range(shape.pages + 1, pages + 1)]:
            if number <= pages:
                root ^= self.roots.page(number, self.old(number))
        return Mark(shape, root)
