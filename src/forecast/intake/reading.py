"""Read files of others as grids: workbooks, CSV, tables of Word documents and of PDF files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forecast.base import incoming
from forecast.base.errors import DataError, SpecError
from forecast.base.spec import refuse_unknown
from forecast.base.spelling import clean, misread
from forecast.base.workbook import as_seen, hidden_parts, open_workbook, struck
from forecast.data.load.files import lines_of
from forecast.intake import documents
from forecast.intake.grid import MOST_COLUMNS, MOST_ROWS, Grid, cells_of
from forecast.intake.pdf_tables import pdf_tables

if TYPE_CHECKING:  # most commands that read a grid open no workbook
    from openpyxl.worksheet.worksheet import Worksheet

TEXT_TABLES: Final = (".csv", ".txt", ".tsv")
_WIDEST: Final = 300  # columns that are looked at for what is not read
_DELIMITERS: Final = (";", "\t", "|", ",")  # of two that fit alike the comma is the decimal one


def read_grids(path: Path, sheet: str = "") -> tuple[Grid, ...]:
    """Read the sheets of an .xlsx, the tables of a .docx or .pdf, the one of a CSV; or only the one named.

    A table of a document is named by its number or by words of its title, too.

    Raises DataError if the file is refused as a whole: missing, too large, macros, damaged, not UTF-8;
    SpecError if no sheet has that name, or there are none.
    """
    grids = tuple(grid for grid in _grids(path) if grid.cells or path.suffix.casefold() in TEXT_TABLES)
    chosen = _chosen(path, sheet, grids) if sheet else grids
    if path.suffix.casefold() not in documents.FORMATS:  # a PDF says of some letters what they are not
        _refuse_misread(chosen)
    return chosen


def _chosen(path: Path, sheet: str, grids: tuple[Grid, ...]) -> tuple[Grid, ...]:
    names = [grid.sheet for grid in grids]
    if not any(names):
        raise SpecError("imports.no_sheets", {"file": path.name})
    name = clean(sheet)
    if name not in names and path.suffix.casefold() in documents.FORMATS:
        name = documents.chosen(sheet, names)
    if name not in names:
        refuse_unknown("--sheet", sheet, names, titles=[grid.title for grid in grids])
    return tuple(grid for grid in grids if grid.sheet == name)


def _grids(path: Path) -> Iterator[Grid]:
    if path.suffix.casefold() in TEXT_TABLES:
        yield _csv_grid(path)
    elif path.suffix.casefold() == ".docx":
        yield from documents.grids(path.name, documents.word_tables(path))
    elif path.suffix.casefold() == ".pdf":
        yield from documents.grids(path.name, pdf_tables(path))
    else:
        yield from (_sheet_grid(path.name, each) for each in open_workbook(path).book.worksheets)


def _refuse_misread(grids: Iterable[Grid]) -> None:
    """Refuse sheets with text that was stored in UTF-8 and read in another encoding."""
    for grid in grids:
        for spot, cell in sorted(grid.cells.items()):
            if word := misread(cell.text):
                raise DataError([grid.problem(*spot, "expect.not_misread", found=word)])


def _sheet_grid(file: str, sheet: Worksheet) -> Grid:
    rows, columns = min(sheet.max_row, MOST_ROWS), min(sheet.max_column, MOST_COLUMNS)
    merged = {
        (row, column): (span.min_row, span.min_col)
        for span in sheet.merged_cells.ranges
        for row in range(span.min_row, min(span.max_row, MOST_ROWS) + 1)
        for column in range(span.min_col, min(span.max_col, MOST_COLUMNS) + 1)
    }
    hidden_rows, hidden_columns = hidden_parts(sheet)
    wider = any(  # iter_rows would make every cell up to the farthest
        MOST_COLUMNS < column <= _WIDEST and row <= rows and cell.value is not None
        for (row, column), cell in sheet._cells.items()  # noqa: SLF001 - nothing public gives just what is there
    )
    lines = list(sheet.iter_rows(max_row=rows, max_col=columns))
    gone = frozenset(
        (row, column)
        for row, cells in enumerate(lines, 1)
        for column, cell in enumerate(cells, 1)
        if struck(cell)
    )
    return Grid(
        file,
        clean(sheet.title),
        {
            spot: cell
            for spot, cell in cells_of(map(as_seen, cells) for cells in lines).items()
            if spot not in gone
        },
        merged,
        hidden_rows=hidden_rows,
        hidden_columns=hidden_columns,
        hidden_sheets=() if sheet.sheet_state == "visible" else (clean(sheet.title),),
        struck=gone,
        wider=wider,
    )


def _csv_grid(path: Path) -> Grid:
    text = incoming.text(incoming.content(path), path.name, utf16=True)
    if not text.strip():
        raise incoming.refusal(path.name, "expect.not_empty")
    tables = [_records(text, mark) for mark in _DELIMITERS]
    # The right mark gives the most cells in the usual row; a decimal comma only now and then one more.
    best = max(tables, key=lambda records: sorted(map(len, records))[len(records) // 2] if records else 0)
    mark = _DELIMITERS[tables.index(best)] if best else max(_DELIMITERS, key=text.count)
    broken = [p for p in lines_of(text, path.name, separator=mark)[1] if p.expected_key != "expect.one_line"]
    if broken:
        raise DataError(broken)
    commas = best is tables[_DELIMITERS.index(",")]
    widths = {number: len(record) for number, record in enumerate(best, 1)} if commas else {}
    wider = any(cell.strip() for record in best for cell in record[MOST_COLUMNS:])
    cells = cells_of(record[:MOST_COLUMNS] for record in best[:MOST_ROWS])
    return Grid(
        path.name, "", cells, widths=widths, rests=_rests(best) if commas else frozenset(), wider=wider
    )


def _rests(records: Iterable[list[str]]) -> frozenset[tuple[int, int]]:
    """Find cells that may be the rest of a text: after a space and small, unlike others of their row."""
    return frozenset(
        (row, column)
        for row, record in enumerate(records, 1)
        if any(cell.strip() and not cell.startswith(" ") for cell in record[1:])
        for column, cell in enumerate(record, 1)
        if column > 1 and cell.startswith(" ") and cell.strip()[:1].islower()
    )


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a cell longer than any name
        return []
