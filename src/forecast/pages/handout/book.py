"""Write the sheets as an Excel workbook, with headings that stay visible and repeat on printed pages."""

import datetime as dt
import math
import re
from collections.abc import Iterable
from typing import Final

from openpyxl.cell import Cell, MergedCell
from openpyxl.styles import Alignment, Font
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from forecast.base import labels
from forecast.base.excel import BOX, DAY_FORMAT, FONT, fit, head, on_paper, put_text, saved
from forecast.base.spelling import letters_of
from forecast.pages.handout.sheet import Column, Sheet, Value
from forecast.pages.tables.spec import Kind

HEAD_ROW: Final = 3  # below the caption and the warning
_FIGURE_WIDTH: Final = 11.0
_MOST_WORDS: Final = 48.0
_PAGE_WIDTH: Final = 190.0  # of all columns that one sheet of A4 holds in letters large enough to read
_TEXT: Final = Font(name=FONT, size=11)
_LEFT: Final = Alignment(wrap_text=True, vertical="top", horizontal="left", indent=1)
_RIGHT: Final = Alignment(vertical="top", horizontal="right", indent=1)
_TAB: Final = re.compile(r"[\[\]:*?/\\]")  # what a tab may not hold


def content(sheets: Iterable[Sheet], *, lang: str, warning: str, day: dt.date) -> bytes:
    """Write the sheets as .xlsx, made on the `day`; the same sheets give the same bytes.

    The `warning`, which may be empty, stands above every table and on every printed page.
    """
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in sheets:
        _fill(book.create_sheet(_TAB.sub(" ", sheet.title)[:31]), sheet, lang, warning)
    book.properties.title = labels.text("handout.title", lang)
    book.properties.creator = labels.text("handout.creator", lang)
    book.properties.language = {"vi": "vi-VN"}.get(lang, "en-GB")
    book.properties.created = dt.datetime.combine(day, dt.time())
    return saved(book, day)


def _fill(page: Worksheet, sheet: Sheet, lang: str, warning: str) -> None:
    put_text(page.cell(1, 1), sheet.title)
    page.cell(1, 1).font = Font(name=FONT, size=14, bold=True)
    put_text(page.cell(2, 1), warning)
    page.cell(2, 1).font = Font(name=FONT, size=12, bold=True, color="FFB00000")
    widths = [_width(sheet, n) for n in range(len(sheet.columns))]
    for n, (column, width) in enumerate(zip(sheet.columns, widths, strict=True), start=1):
        head(page.cell(HEAD_ROW, n), column.label)
        page.column_dimensions[letters_of(n)].width = width
    fit(page, HEAD_ROW, widths, least=2)
    for place, row in enumerate(sheet.rows, start=HEAD_ROW + 1):
        for n, (column, value) in enumerate(zip(sheet.columns, row, strict=True), start=1):
            _put(page.cell(place, n), column, value, lang)
        fit(page, place, widths)
    for place, note in enumerate(sheet.notes, start=HEAD_ROW + len(sheet.rows) + 2):
        put_text(page.cell(place, 1), note)
        page.cell(place, 1).font = Font(name=FONT, size=11, italic=True)
    page.freeze_panes = f"B{HEAD_ROW + 1}"
    if len(sheet.rows) > 1:
        last = f"{letters_of(len(sheet.columns))}{HEAD_ROW + len(sheet.rows)}"
        page.auto_filter.ref = f"A{HEAD_ROW}:{last}"
    # A wide table goes over several pages, each with heads and first column.
    on_paper(page, ("&A", warning), margin=0.6, wide=math.ceil(sum(widths) / _PAGE_WIDTH))
    page.print_title_rows = f"{HEAD_ROW}:{HEAD_ROW}"
    page.print_title_cols = "A:A"


def _put(cell: Cell | MergedCell, column: Column, value: Value, lang: str) -> None:
    if isinstance(value, str):
        put_text(cell, value)
    elif value is not None:
        cell.value = value
        cell.number_format = DAY_FORMAT if column.kind == "day" else _format(column.kind, lang)
    cell.font = _TEXT
    cell.border = BOX
    cell.alignment = _LEFT if column.kind == "words" else _RIGHT


def _format(kind: Kind, lang: str) -> str:
    """Give the form of a kind of figure; the spreadsheet writes comma or point by its own language."""
    match kind:
        case "chance":  # never 0 or 100 percent, as on the pages
            below, above = (labels.text(f"chance.{end}", lang) for end in ("below", "above"))
            return f'[<0.01]"{below}";[>0.99]"{above}";0%'
        case "change":
            return "+0.00;\N{MINUS SIGN}0.00;0.00"
        case "share":
            return "0.0%"
        case "count":
            return "#,##0"
        case "plain":
            return "General"
        case _:
            return "#,##0.00"


def _width(sheet: Sheet, n: int) -> float:
    """Make a column of words as wide as its words, within reason."""
    column = sheet.columns[n]
    if column.kind != "words":
        return _FIGURE_WIDTH
    longest = max((len(str(row[n])) for row in sheet.rows), default=0)
    return min(_MOST_WORDS if longest > 100 else 0.7 * _MOST_WORDS, max(_FIGURE_WIDTH, longest + 4.0))
