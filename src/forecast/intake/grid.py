"""Reads the cells of a foreign sheet (.xlsx or .csv): text, numbers, days, formulas, merged ranges."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from forecast.base import incoming
from forecast.base.errors import Problem
from forecast.base.spec import refuse_unknown
from forecast.base.spelling import clean, letters_of
from forecast.base.workbook import open_workbook

if TYPE_CHECKING:  # most commands that read a grid open no workbook
    from openpyxl.worksheet.worksheet import Worksheet

Kind = Literal["text", "number", "day", "formula"]
Spot = tuple[int, int]  # row and column, both counted from 1

TEXT_TABLES: Final = (".csv", ".txt")
MOST_ROWS: Final = 5_000  # the annex has some hundreds; sheets formatted to their end have a million
MOST_COLUMNS: Final = 60
_DELIMITERS: Final = (";", ",", "\t")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that holds something; a number is written shortly (``1.1``), a day in ISO form."""

    row: int
    column: int
    lines: tuple[str, ...]
    kind: Kind = "text"

    @property
    def text(self) -> str:
        """All lines in one."""
        return " ".join(self.lines)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One sheet.

    Attributes
    ----------
    file, sheet
        Names for messages; a CSV file has no sheet (``""``).
    cells
        By row and column, only those that hold something.
    merged
        From each spot of a merged range to the range's first spot.
    """

    file: str
    sheet: str
    cells: Mapping[Spot, Cell]
    merged: Mapping[Spot, Spot] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[int, ...]:
        """Numbers of the rows that hold something."""
        return tuple(sorted({row for row, _ in self.cells}))

    def row(self, number: int) -> Iterator[Cell]:
        """Cells of a row, from the left."""
        return filter(None, (self.cells.get((number, column)) for column in range(1, MOST_COLUMNS + 1)))

    def covering(self, row: int, column: int) -> Cell | None:
        """Give the cell seen at a spot, be it the first of a merged range."""
        spot = (row, column)
        return self.cells.get(self.merged.get(spot, spot))

    def headings_above(self, column: int, rows: Iterable[int], area_column: int) -> list[Cell]:
        """Headings of a column, from the lowest row, each once.

        Where nothing is merged, as in CSV, an empty heading above a filled one is its left neighbour's.
        """
        headings: list[Cell] = []
        for row in sorted(rows, reverse=True):
            cell = self.covering(row, column)
            if cell is None and headings and not self.merged:
                left = (self.cells.get((row, other)) for other in range(column - 1, area_column, -1))
                cell = next(filter(None, left), None)
            if cell and cell not in headings:
                headings.append(cell)
        return headings

    def problem(self, row: int, column: int, key: str, /, **facts: Any) -> Problem:
        """Say what is expected of a spot."""
        cell = self.cells.get((row, column))
        value = cell.text if cell else ""
        return Problem(self.file, row, letters_of(column), value, key, facts, sheet=self.sheet)

    def whole_problem(self, key: str, /, **facts: Any) -> Problem:
        """Say what is expected of the sheet."""
        return Problem(self.file, None, "", "", key, facts, sheet=self.sheet)


def read_grids(path: Path, sheet: str = "") -> tuple[Grid, ...]:
    """Read the sheets of an .xlsx file, or the one table of a CSV file; only the one named, if any is.

    Raises
    ------
    DataError
        If the file is refused as a whole: missing, too large, macros, damaged, not UTF-8.
    SpecError
        If no sheet has that name.
    """
    grids = tuple(grid for grid in _grids(path) if grid.cells or path.suffix.casefold() in TEXT_TABLES)
    if not sheet:
        return grids
    names = [grid.sheet for grid in grids]
    if clean(sheet) not in names:
        refuse_unknown("--sheet", sheet, names)
    return tuple(grid for grid in grids if grid.sheet == clean(sheet))


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by row and column, each once; those of no sheet come last."""
    once = {(p.sheet, p.row, p.column, p.expected_key, str(p.expected_facts)): p for p in problems}
    return sorted(once.values(), key=lambda p: (p.sheet == "", p.row or 0, len(p.column), p.column))


def _grids(path: Path) -> Iterator[Grid]:
    if path.suffix.casefold() in TEXT_TABLES:
        yield _csv_grid(path)
    else:
        yield from (_sheet_grid(path.name, each) for each in open_workbook(path).book.worksheets)


def _sheet_grid(file: str, sheet: Worksheet) -> Grid:
    rows, columns = min(sheet.max_row, MOST_ROWS), min(sheet.max_column, MOST_COLUMNS)
    values = sheet.iter_rows(max_row=rows, max_col=columns, values_only=True)
    merged = {
        (row, column): (span.min_row, span.min_col)
        for span in sheet.merged_cells.ranges
        for row in range(span.min_row, min(span.max_row, MOST_ROWS) + 1)
        for column in range(span.min_col, min(span.max_col, MOST_COLUMNS) + 1)
    }
    return Grid(file, clean(sheet.title), _cells(values), merged)


def _cells(rows: Iterable[Iterable[object]]) -> dict[Spot, Cell]:
    cells = (
        _cell(row, column, value)
        for row, values in enumerate(rows, 1)
        for column, value in enumerate(values, 1)
    )
    return {(cell.row, cell.column): cell for cell in cells if cell}


def _cell(row: int, column: int, value: object) -> Cell | None:
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = str(value) if abs(value) > 1e300 else f"{value:.10g}"  # of hundreds of digits
        return Cell(row, column, (number,), "number")
    if isinstance(value, dt.date):  # a time of the day too
        day = value.date() if isinstance(value, dt.datetime) else value
        return Cell(row, column, (day.isoformat(),), "day")
    if isinstance(value, str):
        lines = tuple(line for line in map(clean, value.splitlines()) if line)
        kind: Kind = "formula" if value.startswith("=") and len(value) > 1 else "text"
        return Cell(row, column, lines, kind) if lines else None
    formula = hasattr(value, "ref")  # array formulas and data tables are objects of their own
    return Cell(row, column, ("=" if formula else str(value),), "formula" if formula else "text")


def _csv_grid(path: Path) -> Grid:
    text = incoming.text(incoming.content(path), path.name)
    tables = [_records(text, mark) for mark in _DELIMITERS]
    # The right mark gives the most cells in the usual row; a decimal comma only now and then one more.
    best = max(tables, key=lambda records: sorted(map(len, records))[len(records) // 2] if records else 0)
    return Grid(path.name, "", _cells(record[:MOST_COLUMNS] for record in best[:MOST_ROWS]))


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a cell longer than any name
        return []
