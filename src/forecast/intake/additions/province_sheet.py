"""Read a printed table of provinces in a sheet: its columns, its rows, and what cannot be read."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.indexes import INDEXES
from forecast.base.labels import Phrase, shortened
from forecast.base.spelling import letters_of, plain_words
from forecast.data.framework import TOTAL
from forecast.data.load.areas import Gazetteer
from forecast.data.tables import COMPONENTS, COUNTRY
from forecast.intake.additions.by_hand import headings_by_hand
from forecast.intake.additions.few_provinces import few_provinces
from forecast.intake.additions.headings import (
    Heading,
    Unit,
    indexes_in,
    part_beside_total,
    recognise,
    unit_said,
    years_in,
)
from forecast.intake.additions.province_rows import (
    bare_name,
    changed_headings,
    country_named,
    figure_in,
    in_old_letters,
    is_number,
    no_area,
    number_columns,
    without_name,
)
from forecast.intake.additions.table_parts import Table, tables_in, turned_table
from forecast.intake.figures import whole_in
from forecast.intake.grid import MOST_COLUMNS, Grid, Spot
from forecast.intake.reading import read_grids

_STATISTICS: Final = (
    ("max", r"(gia tri |diem )?(cao nhat|lon nhat).*"),
    ("min", r"(gia tri |diem )?(thap nhat|nho nhat).*"),
    ("maximum", r"(thang diem|diem toi da|diem chuan|toi da).*"),
    ("", r"(do lech|trung vi|tong|so tinh).*"),
    ("mean", r".*"),
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_UNREAD: Final = ("ignored", "unknown")
_NOT_OF_INDEX: Final = Heading("unknown", "")
_MOST_GAPS: Final = 8  # cells without a figure that a remark names


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, where it stands, and of what it is printed as a part (0: of nothing)."""

    value: float
    spot: Spot
    whole: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One row of the table.

    `statistic` is value for a province, mean, max or min of the country or a region, and maximum.
    Figures are by component and unit (as the heading says it), ranks by component.
    """

    area: str
    statistic: str
    spot: Spot
    figures: Mapping[tuple[str, Unit], Figure]
    ranks: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One printed table; `years` and `indexes` are those that the text above it names.

    `of_other_years` are columns of figures that are another year's and not read.
    `nameless` are other tables of the file that look like its columns on further pages, without the names.
    """

    grid: Grid
    columns: Mapping[int, Heading]
    lines: tuple[Line, ...]
    years: frozenset[int]
    indexes: frozenset[str]
    problems: tuple[Problem, ...]
    remarks: tuple[Phrase, ...] = ()
    nameless: tuple[Phrase | str, ...] = ()
    of_other_years: tuple[str, ...] = ()

    def of(self, statistic: str) -> list[Line]:
        """Rows of one kind."""
        return [line for line in self.lines if line.statistic == statistic]

    @property
    def components(self) -> tuple[str, ...]:
        """Components with figures, in their own order."""
        own = {heading.component for heading in self.columns.values() if heading.kind == "figure"}
        every = (name for names in COMPONENTS.values() for name in names)
        return tuple(dict.fromkeys(name for name in every if name in own))


def read_sheet(
    path: Path,
    index_code: str,
    year: int,
    places: Gazetteer,
    *,
    sheet: str = "",
    columns: Sequence[str] = (),
    unit: Unit = "",
) -> Sheet:
    """Read a printed table; what cannot be read inside it is kept in `problems`.

    `path`: .xlsx, .csv, .docx or .pdf; `sheet`: name of the sheet, or number or title of the table; needed
    where several hold one of provinces and no title alone names the year and the index; `columns`: columns
    named by hand: ``D3=E`` or ``rank=L``; `unit`: unit of columns whose heading names none. Raises DataError
    if the file is refused, or holds no table of provinces; SpecError if the sheet or a column is not known.
    """
    by_hand = headings_by_hand(columns, index_code)
    grids = read_grids(path, sheet)
    if old := in_old_letters(grids, places):  # a few names without marks are read all the same
        raise DataError([old])
    tables = tables_in(grids, places)
    if not tables:
        told = turned_table(grids, places) or few_provinces(grids, places, index_code, year)
        raise DataError([told or Problem(path.name, None, "", "", "imports.no_table")])
    own = [table for table in tables if len(tables) == 1 or _titled(table, index_code, year)]
    if len(own) != 1:
        raise SpecError("imports.several_sheets", {"sheets": [grid.title for grid, *_ in own or tables]})
    grid, column, rows = own[0]
    sheet_ = _Reader(grid, column, rows[0], index_code, year, places, unit).sheet(by_hand)
    others = [table.grid.title for table in tables if table is not own[0]]
    remarks = [Phrase("imports.chosen", {"sheet": grid.sheet, "others": others})] if others else []
    rest = [other for other in grids if all(other.sheet != table.grid.sheet for table in tables)]
    nameless = tuple(other.title for other in rest if _nameless(other, len(rows)))
    return replace(sheet_, remarks=(*remarks, *sheet_.remarks), nameless=nameless)


def _nameless(grid: Grid, count: int) -> bool:
    """Whether a table has as many rows as one of provinces, and nothing but numbers in them."""
    body = [row for row in grid.rows if any(map(is_number, grid.row(row)))]
    return len(body) >= count and all(is_number(cell) for row in body for cell in grid.row(row))


def _titled(table: Table, index_code: str, year: int) -> bool:
    """Whether the name of a sheet and what stands above its table say the year, and no other index alone."""
    cells = (cell.text for spot, cell in sorted(table.grid.cells.items()) if spot[0] < table.rows[0])
    title = " ".join([table.grid.sheet, *cells])
    named = indexes_in(title)
    return year in years_in(title) and (not named or index_code in named)


def _gaps(lines: Sequence[Line]) -> list[str]:
    """Cells without a figure, of provinces that have others, in columns that most provinces have."""
    own = [line for line in lines if line.statistic == "value" and line.figures]
    counts = Counter(column for line in own for column in line.figures)
    usual = [column for column, count in counts.items() if count * 2 > len(own)]
    return [f"{line.area} {column[0]}" for line in own for column in usual if column not in line.figures]


class _Reader:
    """Reads one sheet whose column of provinces has been found."""

    def __init__(
        self,
        grid: Grid,
        area_column: int,
        first: int,
        index_code: str,
        year: int,
        places: Gazetteer,
        unit: Unit,
    ) -> None:
        self.grid, self.index_code, self.year, self.places = grid, index_code, year, places
        self.area_column, self.first = area_column, first
        while self._is_body(self.first - 1):  # a first row whose province is misspelt
            self.first -= 1
        self.problems: list[Problem] = []
        self.skipped: list[str] = []  # names of rows that are no area's
        self.head = self._head()
        top = self.head[0] if self.head else self.first
        self.above = [cell.text for row in grid.rows if row < top for cell in grid.row(row)]
        self.unit: Unit = unit or next(filter(None, map(unit_said, self.above)), "")

    def sheet(self, named: Mapping[int, Heading]) -> Sheet:
        by_hand = {(heading.kind, heading.component) for heading in named.values()}
        columns = {
            at: head for at, head in self._columns().items() if (head.kind, head.component) not in by_hand
        }
        columns |= named
        self._report_twice(columns)
        if not any(heading.kind == "figure" for heading in columns.values()):
            numeric = number_columns(self.grid, self.area_column, self.first)
            seen = list(filter(None, (" / ".join(self._labels(column)) for column in numeric)))
            key = "imports.no_columns" if seen else "imports.no_heading"
            letters = [letters_of(column) for column in numeric]
            self.problems.append(self.grid.whole_problem(key, seen=seen, columns=letters))
        self.problems += [
            self.grid.whole_problem("imports.column_empty", column=letters_of(at))
            for at in named
            if not any(column == at and row >= self.first for row, column in self.grid.cells)
        ]
        kinds = {at: columns[at].kind if at in columns else "unknown" for at in self._filled()}
        wordy = [at for at, kind in kinds.items() if kind in _UNREAD and kinds.get(at - 1) == "figure"]
        self.problems += self.grid.misfits(self.head, self.first, wordy)
        self.problems += changed_headings(self.grid, self.head, self.first, self.area_column)
        lines = [line for row in self.grid.rows if row not in self.head for line in self._line(row, columns)]
        self._report_repeated(lines)
        unread = [
            f"{letters_of(column)} {' / '.join(self._labels(column))}".strip()
            for column, heading in columns.items()
            if heading.kind == "unknown"
        ]
        remarks = [Phrase("imports.unread", {"columns": unread})] if unread else []
        if self.skipped:
            remarks.append(Phrase("imports.no_areas", {"rows": self.skipped}))
        remarks += self.grid.hidden()
        empty = [
            line.area for line in lines if line.statistic == "value" and not (line.figures or line.ranks)
        ]
        if empty:
            remarks.append(Phrase("imports.no_figures", {"count": len(empty), "areas": empty}))
        if gaps := _gaps(lines):
            remarks.append(Phrase("imports.gaps", {"count": len(gaps), "cells": shortened(gaps, _MOST_GAPS)}))
        return Sheet(
            *(self.grid, columns, tuple(lines)),
            years=frozenset(year for text in (self.grid.sheet, *self.above) for year in years_in(text)),
            indexes=indexes_in(" ".join([self.grid.sheet, *self.above])),
            problems=tuple(self.problems),
            remarks=tuple(remarks),
            of_other_years=self._of_other_years(columns),
        )

    def _head(self) -> list[int]:
        """Rows of the heading: those right above the first province that have several cells each."""
        head: list[int] = []
        for row in reversed([row for row in self.grid.rows if row < self.first]):
            covering = (self.grid.covering(row, column) for column in range(1, MOST_COLUMNS + 1))
            count = len({(cell.row, cell.column) for cell in covering if cell})
            if count < 2 and head:
                break
            if count >= 2 and not self._statistic(row):
                head.insert(0, row)
        return head

    def _is_body(self, row: int) -> bool:
        """Whether a row has a name and mostly numbers beside it, as no heading has."""
        name = self.grid.cells.get((row, self.area_column))
        others = [cell for cell in self.grid.row(row) if cell.column > self.area_column]
        numbers = [cell for cell in others if is_number(cell) and not _YEAR.fullmatch(cell.text)]
        has_name = name is not None and not is_number(name) and self._statistic(row) is None
        return has_name and len(numbers) * 2 > len(others)

    def _statistic(self, row: int) -> str | None:
        """Kind of a row that is no province's; None if its name says none."""
        cell = self.grid.cells.get((row, self.area_column)) or next(self.grid.row(row), None)
        words = plain_words(cell.text) if cell else ""
        own = _STATISTICS if country_named(words) else _STATISTICS[:-1]  # a sum is no mean
        return next((kind for kind, wording in own if re.fullmatch(wording, words)), None)

    def _labels(self, column: int) -> list[str]:
        """Headings above a column, from the top."""
        return [cell.text for cell in self.grid.headings_above(column, self.head, self.area_column)[::-1]]

    def _columns(self) -> dict[int, Heading]:
        """Meaning of each column with figures, or whose heading says that it has them."""
        columns = {}
        numeric = number_columns(self.grid, self.area_column, self.first)
        for column in self._filled():
            heading = recognise(self._labels(column), self.index_code, self.year)
            if column not in numeric and (
                column < self.area_column or heading.kind not in ("figure", "rank")
            ):
                continue
            if heading.kind == "figure":
                percent, maximum = self._shown(column)
                unit = "percent" if percent else heading.unit or self.unit
                heading = Heading("figure", heading.component, unit, heading.maximum or maximum)
            columns[column] = heading
        totals = [at for at, own in columns.items() if own.kind == "figure" and own.component == TOTAL]
        for at in totals if len(totals) > 1 else ():
            part = part_beside_total(self._labels(at), self.index_code)
            columns[at] = replace(columns[at], component=part or TOTAL)
        survey = INDEXES[self.index_code].survey_component
        # beside the survey alone a rank is that of the survey's own index
        if {own.component for own in columns.values() if own.kind == "figure"} == {survey}:
            return {at: _NOT_OF_INDEX if own.kind == "rank" else own for at, own in columns.items()}
        return columns

    def _filled(self) -> list[int]:
        """Columns with something in them, besides that of the names."""
        return sorted({column for row, column in self.grid.cells if row >= self.first} - {self.area_column})

    def _of_other_years(self, columns: Mapping[int, Heading]) -> tuple[str, ...]:
        """Columns of figures that another year has, and the year of the table has not."""
        own = {heading.component for heading in columns.values() if heading.kind == "figure"}
        said = {at: " / ".join(self._labels(at)) for at in columns}
        others = {
            at: recognise(self._labels(at), self.index_code, max(years))
            for at, text in said.items()
            if (years := years_in(text)) and self.year not in years
        }
        return tuple(
            f"{letters_of(at)} {said[at]}"
            for at, heading in others.items()
            if heading.kind == "figure" and heading.component not in own
        )

    def _shown(self, column: int) -> tuple[bool, float]:
        """Whether most figures of a column are shown in percent, and the maximum that all are shown of."""
        rows = [row for row in self.grid.rows if row >= self.first]
        cells = [cell for row in rows if (cell := self.grid.cells.get((row, column))) and is_number(cell)]
        wholes = {whole_in(cell.text) for cell in cells}
        percent = sum(cell.text.endswith("%") for cell in cells) * 2 > len(cells)
        return percent, wholes.pop() if len(wholes) == 1 else 0.0

    def _report_twice(self, columns: Mapping[int, Heading]) -> None:
        """Report columns that say they hold the same."""
        first_cells: dict[tuple[str, str, str], int] = {}
        row = self.head[-1] if self.head else self.first
        for column, heading in columns.items():
            first = first_cells.setdefault((heading.kind, heading.component, heading.unit), column)
            if first != column and heading.kind in ("figure", "rank"):
                facts = {"first": letters_of(first), "column": letters_of(column)}
                name = heading.component if heading.kind == "figure" else "rank"
                problem = self.grid.problem(row, column, "imports.twice", component=name, **facts)
                self.problems.append(problem)

    def _line(self, row: int, columns: Mapping[int, Heading]) -> Iterator[Line]:
        cell = self.grid.cells.get((row, self.area_column))
        kind = self._statistic(row)
        if row < self.first and kind is None:
            return
        numbers = [column for column, heading in columns.items() if heading.kind in ("figure", "rank")]
        filled = [column for column in numbers if is_number(self.grid.cells.get((row, column)))]
        if kind is not None:
            if kind and filled:
                yield self._read_line(COUNTRY, kind, row, columns)
            return
        if cell and filled and no_area(cell.text) and self.places.find(bare_name(cell.text)) is None:
            self.skipped.append(cell.text)
            return
        area = self.places.find(bare_name(cell.text)) if cell else None
        if area in self.places.provinces:
            yield self._read_line(area, "value", row, columns)
        elif area and filled:
            yield self._read_line(area, "mean", row, columns)
        elif len(filled) * 2 >= len(numbers) and filled and cell is None:
            self.problems.append(without_name(self.grid, row, self.area_column))
        elif len(filled) * 2 >= len(numbers) and filled and cell:
            near = self.places.nearest(bare_name(cell.text))
            key = "expect.area_near" if near else "expect.area"
            self.problems.append(self.grid.problem(row, self.area_column, key, near=near))

    def _read_line(self, area: str, statistic: str, row: int, columns: Mapping[int, Heading]) -> Line:
        figures, ranks = {}, {}
        for column, heading in columns.items():
            if heading.kind not in ("figure", "rank"):
                continue
            cell = self.grid.cells.get((row, column))
            value, key = figure_in(cell)
            whole = whole_in(cell.text) if cell else 0.0
            first = self.grid.merged.get((row, column), (row, column))
            if first[0] != row and is_number(self.grid.cells.get(first)):
                facts = {"first": self.grid.name_of(first), "value": self.grid.cells[first].text}
                self.problems.append(self.grid.problem(row, column, "imports.merged", **facts))
            elif key:
                self.problems.append(self.grid.problem(row, column, key))
            elif value is not None and heading.kind == "figure":
                figures[heading.component, heading.unit] = Figure(value, (row, column), whole)
            elif value is not None:
                ranks[heading.component] = Figure(value, (row, column), whole)
        return Line(area, statistic, (row, self.area_column), figures, ranks)

    def _report_repeated(self, lines: Sequence[Line]) -> None:
        seen: dict[tuple[str, str], Spot] = {}
        for line in lines:
            first = seen.setdefault((line.area, line.statistic), line.spot)
            if first != line.spot and line.statistic == "value":
                facts = {"area": line.area, "first": self.grid.name_of(first)}
                self.problems.append(self.grid.problem(*line.spot, "imports.area_twice", **facts))
