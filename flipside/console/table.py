"""Tables of plain text: columns two spaces apart, nothing cut off, no lines drawn."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from flipside.console.words import without_escapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GAP = "  "
ABSENT = "-"


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Return a table's lines, its heading first.

    Args:
        columns: The heading of each column.
        rows: As many values each; None is shown as `-`.

    Raises:
        ValueError: A row has more or fewer values than there are columns.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    lines = [[column.upper() for column in columns], *cells]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return [_line(line, widths) for line in lines]


def _cell(value: Any) -> str:
    text = " ".join(without_escapes(str(value)).split()) if value is not None else ""
    return text or ABSENT


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)
    )
    return GAP.join(padded).rstrip()


def _width(text: str) -> int:
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
