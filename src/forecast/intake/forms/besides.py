"""Name what a form holds besides its answers and nobody reads, and what it hides."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from forecast.base.labels import Phrase, shortened, text
from forecast.base.spelling import clean, column_of, letters_of, spans
from forecast.data.tables import DOMAINS
from forecast.intake.forms import cells
from forecast.intake.forms.key import SHEET
from forecast.intake.forms.layout import COLUMNS, HEAD_ROW, HEADED, INPUTS, LANG, MOST_ROWS, sheet_name

_MOST_NAMED: Final = 8  # cells
_MOST_COLUMNS: Final = 200  # that are looked through
_LONGEST: Final = 40  # characters of a cell that are repeated
_OF_TOP: Final = frozenset({"A1", "A2", "C2", "A3", "C3", "A4", "C4", "A5", "A6"})  # cells of the form itself
_OWN: Final = ("guide", "entry", "lists", "errors")  # sheets of the form, and of the copy that goes back


def besides(
    book: Workbook, sheet: Worksheet, rows: Mapping[str, int], last: Collection[str]
) -> Iterator[Phrase]:
    """Name the hidden rows and columns, the filled cells outside the answers, comments and sheets of others.

    `rows`: where the components stand; `last`: components of which last year's points are known.
    """
    hidden = sorted(row for row in rows.values() if sheet.row_dimensions[row].hidden)
    if hidden:
        ranges = [str(first) if first == last_ else f"{first}–{last_}" for first, last_ in spans(hidden)]
        yield Phrase("imports.hidden_rows", {"rows": ranges})
    own = [COLUMNS[name] for name in HEADED]
    columns = [letter for letter in own if sheet.column_dimensions[letter].hidden]
    if columns:
        yield Phrase("imports.hidden_columns", {"columns": columns})
    empty = {f"{COLUMNS['last']}{row}" for component, row in rows.items() if component not in last}
    if outside := list(_outside(sheet, set(rows.values()), empty)):
        yield Phrase("intake.beside", {"cells": shortened(outside, _MOST_NAMED)})
    if comments := list(_comments(sheet)):
        yield Phrase("intake.comments", {"cells": shortened(comments, _MOST_NAMED)})
    if others := list(_other_sheets(book, sheet)):
        yield Phrase("intake.other_sheets", {"sheets": shortened(others, _MOST_NAMED)})


def _outside(sheet: Worksheet, rows: Collection[int], empty: Collection[str]) -> Iterator[str]:
    """Give filled cells that are not of the form; `empty`: cells of the form in which nothing stood."""
    every = set(map(column_of, COLUMNS.values()))
    of_domain = every & set(map(column_of, ("A", "B", *(COLUMNS[name] for name in INPUTS))))
    most_rows, most_columns = min(sheet.max_row, MOST_ROWS), min(sheet.max_column, _MOST_COLUMNS)
    for number in range(1, most_rows + 1):
        own = every if number == HEAD_ROW or number in rows else frozenset[int]()
        if number > HEAD_ROW and cells.plain(sheet.cell(number, 1)) in DOMAINS and number not in rows:
            own = of_domain  # figures beside it are refused
        for column in range(1, most_columns + 1):
            place = f"{letters_of(column)}{number}"
            ours = (column in own and place not in empty) or (number < HEAD_ROW and place in _OF_TOP)
            if not ours and (words := cells.plain(sheet.cell(number, column))):
                yield _named(place, words)


def _comments(sheet: Worksheet) -> Iterator[str]:
    """Give comments of cells; those of the copy that went back are ours."""
    creator = text("form.creator", LANG)
    for row in sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS)):
        for cell in row:
            if cell.comment and cell.comment.author != creator and (words := clean(cell.comment.text)):
                yield _named(cell.coordinate, words)


def _other_sheets(book: Workbook, entry: Worksheet) -> Iterator[str]:
    """Give sheets that the form does not have, with the first words that stand there."""
    own = {SHEET, *map(sheet_name, _OWN)}
    for sheet in book.worksheets:
        if sheet is not entry and clean(sheet.title) not in own:
            rows = sheet.iter_rows(max_row=min(sheet.max_row, MOST_ROWS))
            words = next((text_ for row in rows for cell in row if (text_ := cells.plain(cell))), "")
            if words:
                yield _named(f"“{sheet.title}”:", words)


def _named(place: str, words: str) -> str:
    return f"{place} “{words[:_LONGEST]}”"
