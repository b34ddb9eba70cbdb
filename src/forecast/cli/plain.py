"""Lay out tables of plain text for a terminal, aligned by the width of characters on the screen."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

from forecast.base import labels
from forecast.base.spelling import spans

if TYPE_CHECKING:
    import pandas as pd

Side = Literal["left", "right"]


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], sides: Sequence[Side] = ()) -> str:
    """Lay out rows under their headers, two spaces apart; no space at a line's end.

    `headers`: one text a column; `sides`: where the text of a column stands; left for columns that are not
    named.
    """
    every = [*sides, *["left"] * (len(headers) - len(sides))]
    widths = [max(width(cell) for cell in column) for column in zip(headers, *rows, strict=True)]
    rule = ["─" * space for space in widths]
    lines = [headers, rule, *rows]
    return "\n".join(
        "  ".join(
            _padded(cell, space, side) for cell, space, side in zip(line, widths, every, strict=True)
        ).rstrip()
        for line in lines
    )


def labelled_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], lang: str, sides: Sequence[Side] = ()
) -> str:
    """Lay out rows under the headings ``column.<name>`` of the catalogue."""
    return table([labels.text(f"column.{name}", lang) for name in columns], rows, sides)


def width(text: str) -> int:
    """Count the columns that a text takes on a terminal.

    >>> width("Đắk Lắk"), width("表")
    (7, 2)
    """
    return sum(_width_of(char) for char in unicodedata.normalize("NFC", text))


def ranges(numbers: Sequence[int]) -> str:
    """Write ascending whole numbers as ranges.

    >>> ranges([2, 3, 4, 9])
    '2–4, 9'
    """
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in spans(numbers))


def tuples(frame: pd.DataFrame) -> Iterator[Any]:
    """Give rows as named tuples of type Any; the stubs would give each field the union of all types."""
    yield from frame.itertuples(index=False)


def _width_of(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _padded(text: str, space: int, side: str) -> str:
    gap = " " * (space - width(text))
    return gap + text if side == "right" else text + gap
