"""Read a CSV file, a workbook or a table in memory as a header and rows of text; separators are detected."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecast.base import incoming
from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase, shortened
from forecast.base.spelling import clean, letters_of
from forecast.base.workbook import as_seen, hidden_parts, open_workbook, struck
from forecast.data.foreign.tops import below_titles, is_table
from forecast.data.load.files import MAX_BYTES, lines_of

Place = tuple[int, int]  # row and column of a cell
SEPARATORS: Final = (",", ";", "\t", "|")
BOOKS: Final = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")  # of which .xlsx is read, the others told
LOOKED_AT: Final = 100_000  # letters of a file from which its separator is known
MOST_BESIDE: Final = 100  # columns without a name that a sheet may have
_SEP_LINE: Final = re.compile(r"\s*\"?sep=(.)\"?\s*", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header and rows of text; `numbers` count rows as an editor does, the header's line being `top`."""

    file: str
    separator: str
    header: tuple[str, ...]
    numbers: tuple[int, ...]
    columns: tuple[tuple[str, ...], ...]
    top: int = 1
    remarks: tuple[Phrase, ...] = ()  # what a reader of the file must know
    # ranges of merged cells with a number, by row and name of column: of one figure, or a label of all
    merged: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def without(self, columns: Collection[int]) -> Sheet:
        """The same rows without some columns."""
        remaining = [k for k in range(len(self.header)) if k not in columns]
        header = tuple(self.header[k] for k in remaining)
        return replace(self, header=header, columns=tuple(self.columns[k] for k in remaining))


def sheet_of_file(path: Path) -> Sheet | None:
    """Read an .xlsx or a file with any usual separator, in UTF-8 or Excel's Unicode text; None without rows.

    Raises DataError if the file cannot be read, rows are longer or shorter than the header, quotes do not
    close, or a workbook has several sheets or formulas.
    """
    if path.suffix.casefold() in BOOKS:
        return _of_workbook(path)
    text = incoming.text(incoming.content(path, most=MAX_BYTES), path.name, utf16=True)
    if not text.strip():
        return None
    first, _, rest = text.partition("\n")
    separator_line = _SEP_LINE.fullmatch(first.rstrip("\r"))
    if separator_line:
        return _parsed(path.name, rest, separator_line[1], 2)
    return _parsed(path.name, text, _separator(text), 1)


def sheet_of_frame(frame: pd.DataFrame, name: str) -> Sheet:
    """Write a table's cells as text; its rows count from 2, below the header."""
    columns = tuple(tuple(_cell(value) for value in frame.iloc[:, k]) for k in range(frame.shape[1]))
    header = tuple(_cell(column) for column in frame.columns)
    return Sheet(name, ",", header, tuple(range(2, len(frame) + 2)), columns)


def _of_workbook(path: Path) -> Sheet:
    """Read the one sheet of a workbook; a cell that is merged over rows holds for all of them."""
    every = [sheet for sheet in open_workbook(path).book.worksheets if _filled(sheet)]
    tables = [sheet for sheet in every if is_table(_rows(_texts(sheet._cells)).values())]  # noqa: SLF001
    sheets = tables if len(tables) == 1 else every
    if len(sheets) > 1:
        titles = [clean(sheet.title) for sheet in sheets]
        raise DataError([Problem(path.name, None, "", "", "foreign.several_sheets", {"sheets": titles})])
    if not sheets:
        raise incoming.refusal(path.name, "expect.not_empty")
    (sheet,) = sheets
    over_rows = {
        (row, span.min_col): sheet.cell(span.min_row, span.min_col)
        for span in sheet.merged_cells.ranges
        if span.min_col == span.max_col
        for row in range(span.min_row, span.max_row + 1)
    }
    # iter_rows would make every cell up to the farthest, which may be the last of a spreadsheet
    cells = {place: over_rows.get(place, cell) for place, cell in sorted(sheet._cells.items())}  # noqa: SLF001
    formulas = [
        Problem(path.name, at, letters_of(column), str(cell.value), "imports.figure_formula")
        for (at, column), cell in cells.items()
        if cell.data_type == "f"
    ]
    if formulas:
        raise DataError(formulas)
    cells, taken_back = _without_struck(path.name, cells)
    lines = _lines(path.name, _texts(cells))
    arranged = _arranged(path.name, lines, "\t")
    if arranged is None:
        raise incoming.refusal(path.name, "expect.not_empty")
    remarks = (*_besides(sheet, every), *arranged.remarks, *_hidden(sheet, cells), *taken_back)
    return replace(arranged, remarks=remarks, merged=_merged_numbers(sheet, arranged))


def _texts(cells: Mapping[Place, Any]) -> dict[Place, str]:
    return {place: text for place, cell in cells.items() if (text := _cell(_seen(cell)))}


def _besides(sheet: Any, every: Sequence[Any]) -> tuple[Phrase, ...]:
    """Name the sheets beside the table's own, which hold no table: a cover, notes."""
    names = [clean(other.title) for other in every if other is not sheet]
    return (Phrase("foreign.other_sheets", {"names": names, "sheet": clean(sheet.title)}),) if names else ()


def _without_struck(file: str, cells: Mapping[Place, Any]) -> tuple[dict[Place, Any], tuple[Phrase, ...]]:
    """Leave out figures and whole rows with a line through them; refuse a name that alone has one."""
    filled = {place: cell for place, cell in cells.items() if _cell(cell.value)}
    gone = {place: cell for place, cell in filled.items() if struck(cell)}
    if not gone:
        return dict(cells), ()
    rest = [place for place in filled if place not in gone]
    kept, top = {row for row, _ in rest}, min(row for row, _ in filled)
    below = {column for row, column in rest if row > top}
    names = [
        Problem(file, row, letters_of(column), _cell(cell.value), "imports.struck_name")
        for (row, column), cell in gone.items()
        if (row in kept and not isinstance(cell.value, (int, float)) and row > top)
        or (row == top and column in below)
    ]
    if names:
        raise DataError(names)
    told = [f"{letters_of(column)}{row} ({_cell(cell.value)})" for (row, column), cell in gone.items()]
    remark = Phrase("imports.struck", {"count": len(told), "cells": shortened(told)})
    return {place: cell for place, cell in cells.items() if place not in gone}, (remark,)


def _merged_numbers(sheet: Any, arranged: Sheet) -> dict[tuple[int, str], str]:
    found = {}
    for span in sheet.merged_cells.ranges:
        if isinstance(sheet.cell(span.min_row, span.min_col).value, (int, float)):
            for row in range(span.min_row, span.max_row + 1):
                for name in arranged.header[span.min_col - 1 : span.max_col]:
                    found[row, name] = str(span.coord)
    return found


def _hidden(sheet: Any, places: Collection[tuple[int, int]]) -> tuple[Phrase, ...]:
    """Name the rows and columns that hold something and are not shown."""
    own = [sorted(part & {place[k] for place in places}) for k, part in enumerate(hidden_parts(sheet))]
    rows, columns = list(map(str, own[0])), list(map(letters_of, own[1]))
    remarks = [Phrase("imports.hidden_rows", {"rows": shortened(rows)})] if rows else []
    return (*remarks, *([Phrase("imports.hidden_columns", {"columns": columns})] if columns else []))


def _filled(sheet: Any) -> bool:
    return any(cell.value is not None for cell in sheet._cells.values())  # noqa: SLF001 - as above


def _lines(file: str, texts: Mapping[tuple[int, int], str]) -> list[tuple[int, list[str]]]:
    """Give the rows that hold anything, all of one width; refuse a cell far beside the names of columns."""
    rows = _rows(texts)
    named = max(next(iter(rows.values()), {0: ""}))
    width = max((max(row) for row in rows.values()), default=0)
    if width > named + MOST_BESIDE:
        at, text = next((at, row[width]) for at, row in rows.items() if width in row)
        raise DataError([Problem(file, at, letters_of(width), text, "foreign.nameless", {"place": width})])
    return [(at, [row.get(column, "") for column in range(1, width + 1)]) for at, row in rows.items()]


def _rows(texts: Mapping[Place, str]) -> dict[int, dict[int, str]]:
    rows: dict[int, dict[int, str]] = {}
    for (at, column), text in texts.items():
        rows.setdefault(at, {})[column] = text
    return rows


def _seen(cell: Any) -> object:
    """Value of a cell; 85 of a number that is shown as 85%."""
    value = as_seen(cell)
    return value.removesuffix("%") if isinstance(value, str) and cell.data_type == "n" else value


def _cell(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 -- not-a-number
        return ""
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        return value.date().isoformat()
    if isinstance(value, float):
        return repr(float(value))
    return clean(str(value))


def _separator(text: str) -> str:
    r"""Mark that stands equally often in the most rows; a comma may stand within a name or a figure too.

    >>> _separator("Tỉnh, thành phố;2019\nHà Nội;80,5"), _separator("year,score\n2019,80")
    (';', ',')
    """
    lines = [line for line in re.sub(r'"[^"]*"', "", text[:LOOKED_AT]).splitlines() if line.strip()]

    def rows(mark: str) -> int:
        counts = Counter(line.count(mark) for line in lines if mark in line)
        return max(counts.values(), default=0)

    most = max((*SEPARATORS[1:], SEPARATORS[0]), key=rows)
    return most if rows(most) else SEPARATORS[0]


def _parsed(file: str, text: str, separator: str, top: int) -> Sheet | None:
    lines, problems = lines_of(text, file, separator=separator, above=top - 1)
    if problems:
        raise DataError(problems)
    return _arranged(file, lines, separator)


def _is_note(cells: Sequence[str], width: int) -> bool:
    parts = {cells[0].count(mark) + 1 for mark in SEPARATORS}
    return len(cells) == 1 and " " in cells[0].strip() and width not in parts


def _arranged(file: str, lines: Sequence[tuple[int, list[str]]], separator: str) -> Sheet | None:
    """Make a sheet of rows with their numbers, the first of which is the header; None without any other."""
    if len(lines) < 2:
        return None
    rest, remarks = below_titles(file, lines)
    (row, header), *body = rest
    width = len(header)
    if _have_row_names(body, width):
        body = [(n, cells[1:]) for n, cells in body]
        remarks = (*remarks, Phrase("foreign.row_names"))
    # A note below a table has one cell; an empty cell at the end of a row belongs to no column.
    body = [(n, [*cells, *[""] * (width - 1)] if _is_note(cells, width) else cells) for n, cells in body]
    body = [(n, cells[:width] if not "".join(cells[width:]).strip() else cells) for n, cells in body]
    wrong = [
        Problem(file, n, "", separator.join(cells), "expect.cells", {"found": len(cells), "expected": width})
        for n, cells in body
        if len(cells) != width
    ]
    if wrong:
        raise DataError(wrong)
    columns = tuple(zip(*(cells for _, cells in body), strict=True))
    names = tuple(clean(cell) for cell in header)
    return Sheet(file, separator, names, tuple(n for n, _ in body), columns, row, remarks)


def _have_row_names(body: Sequence[tuple[int, Sequence[str]]], width: int) -> bool:
    """Whether rows begin with their number, which the header lacks; none has a figure parted by a comma."""
    counted = [cells[0].strip() for _, cells in body] == [str(number) for number in range(1, len(body) + 1)]
    parted = all(cells[-1].strip().isdigit() and cells[-2].strip().isdigit() for _, cells in body)
    return counted and not parted and all(len(cells) == width + 1 > 1 for _, cells in body)
