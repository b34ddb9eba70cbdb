"""Name what a form holds besides its answers and nobody reads, and what it hides."""

from collections.abc import Iterator, Mapping
from typing import Final

from openpyxl.worksheet.worksheet import Worksheet

from forecast.base.labels import Phrase, shortened
from forecast.base.spelling import column_of, letters_of, spans
from forecast.data.tables import DOMAINS
from forecast.intake.forms import cells
from forecast.intake.forms.layout import COLUMNS, HEAD_ROW, HEADED, INPUTS, MOST_ROWS

_MOST_NAMED: Final = 8  # cells
_MOST_COLUMNS: Final = 200  # that are looked through
_LONGEST: Final = 40  # characters of a cell that are repeated


def besides(sheet: Worksheet, rows: Mapping[str, int]) -> Iterator[Phrase]:
    """Name the hidden rows and columns of the table, and the filled cells outside it.

    `rows`: where the components stand.
    """
    hidden = sorted(row for row in rows.values() if sheet.row_dimensions[row].hidden)
    if hidden:
        ranges = [str(first) if first == last else f"{first}–{last}" for first, last in spans(hidden)]
        yield Phrase("imports.hidden_rows", {"rows": ranges})
    own = [COLUMNS[name] for name in HEADED]
    columns = [letter for letter in own if sheet.column_dimensions[letter].hidden]
    if columns:
        yield Phrase("imports.hidden_columns", {"columns": columns})
    if found := list(_outside(sheet, set(rows.values()))):
        yield Phrase("intake.beside", {"cells": shortened(found, _MOST_NAMED)})


def _outside(sheet: Worksheet, rows: set[int]) -> Iterator[str]:
    last = column_of(COLUMNS[INPUTS[-1]])
    most_rows, most_columns = min(sheet.max_row, MOST_ROWS), min(sheet.max_column, _MOST_COLUMNS)
    for number in range(1, most_rows + 1):
        of_ours = number <= HEAD_ROW or number in rows or cells.plain(sheet.cell(number, 1)) in DOMAINS
        for column in range(last + 1 if of_ours else 1, most_columns + 1):
            if text := cells.plain(sheet.cell(number, column)):
                yield f"{letters_of(column)}{number} “{text[:_LONGEST]}”"
