"""Reads a printed table of indicators: provinces as rows, months or indicators as columns, one figure a cell.

So the national public-service portal prints its monthly scores, and the Ministry of Finance disbursement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from forecast.base.errors import Problem
from forecast.base.spelling import clean, letters_of, plain_words
from forecast.data.load.areas import Gazetteer
from forecast.intake.additions.periods import YearMissingError, period_in, period_in_title
from forecast.intake.additions.province_sheet import (
    FEWEST_AREAS,
    area_rows,
    bare_name,
    figure_in,
    is_number,
    number_columns,
)
from forecast.intake.grid import MOST_COLUMNS, Cell, Grid

_NO_AREA: Final = re.compile(r"(tong|trung binh|binh quan|cao nhat|thap nhat|lon nhat|nho nhat|ghi chu)\b.*")
_COUNTING: Final = re.compile(r"(stt|tt|so tt|so thu tu|(xep )?hang|thu hang)( .*)?")
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Line:
    """One row that is to be made: the cells that it comes from, by column of the table, and what is given."""

    number: int
    cells: Mapping[str, Cell]
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class IndicatorSheet:
    """A printed table as it was read; `skipped` lists names of rows that are no area's."""

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    unread: tuple[str, ...]
    skipped: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_indicator_sheet(
    grid: Grid,
    places: Gazetteer,
    kinds: Mapping[str, str],
    names: Mapping[str, str],
    shared: Mapping[str, str],
    by_hand: Mapping[int, str],
) -> IndicatorSheet | None:
    """Read a printed table of indicators; None if the sheet names too few provinces in a column.

    Parameters
    ----------
    kinds
        By code of the catalogue: cumulative, to_date or level.
    names
        Code by name of an indicator.
    shared
        indicator_code, period and year of columns whose headings do not name them.
    by_hand
        Codes of columns named by hand; other columns of such a code are not read.
    """
    column, rows = area_rows(grid, places)
    if len(rows) < FEWEST_AREAS:
        return None
    tails: dict[str, set[str]] = {}  # of “Điểm 766: thanh toán trực tuyến” a table's heading is the last part
    for name, code in names.items():
        tails.setdefault(plain_words(name.rpartition(": ")[2]), set()).add(code)
    codes = {tail: min(own) for tail, own in tails.items() if len(own) == 1}
    codes |= {plain_words(name): code for name, code in names.items()}
    codes |= {plain_words(code): code for code in kinds}
    first = rows[0]
    while _is_body(grid, first - 1, column, places):  # the country, or a province that is misspelt
        first -= 1
    return _Reader(grid, column, first, places, codes, kinds, shared).sheet(by_hand)


def _is_body(grid: Grid, row: int, column: int, places: Gazetteer) -> bool:
    """Whether a row names an area, a sum or nearly an area, and has figures beside it."""
    cell = grid.cells.get((row, column))
    if cell is None or is_number(cell):
        return False
    name = bare_name(cell.text)
    named = places.find(name) or places.nearest(name) or _NO_AREA.fullmatch(plain_words(name))
    return bool(named) and any(is_number(other) for other in grid.row(row) if other.column > column)


class _Reader:
    """Reads one sheet whose column of areas and whose first row below the heading have been found."""

    def __init__(
        self,
        grid: Grid,
        area_column: int,
        first: int,
        places: Gazetteer,
        codes: Mapping[str, str],
        kinds: Mapping[str, str],
        shared: Mapping[str, str],
    ) -> None:
        self.grid, self.area_column, self.first, self.places = grid, area_column, first, places
        self.codes, self.kinds, self.shared = codes, kinds, shared
        self.head = [row for row in grid.rows if row < first]
        rows = [list(grid.row(row)) for row in self.head]
        self.titles = [cells[0].text for cells in rows if len(cells) == 1]  # other rows are headings
        self.problems: list[Problem] = []

    def sheet(self, by_hand: Mapping[int, str]) -> IndicatorSheet:
        meanings: dict[int, tuple[str, str]] = {}
        unread = []
        for column in number_columns(self.grid, self.area_column, self.first):
            headings = self.grid.headings_above(column, self.head, self.area_column)
            texts = list(dict.fromkeys(map(_heading, headings)))
            named = by_hand.get(column, "")
            counting = not named and texts and _COUNTING.fullmatch(plain_words(texts[0]))
            if column > MOST_COLUMNS or counting:
                continue
            try:
                code, period = self._meaning(texts, named)
            except YearMissingError:
                spot = self.first - 1, column
                self.problems.append(self.grid.problem(*spot, "imports.year_of_month", heading=texts[0]))
                continue
            if code and period and (named or code not in by_hand.values()):
                meanings[column] = code, period
            else:
                unread.append(f"{letters_of(column)} {' / '.join(reversed(texts))}".strip())
        self._report_twice(meanings)
        if not meanings and not self.problems:
            self.problems.append(self.grid.whole_problem("imports.no_months", seen=unread))
        lines, skipped = [], []
        for row in self.grid.rows:
            area, name = self._area(row, meanings)
            skipped += [name] if name else []
            lines += self._lines(row, area, meanings) if area else []
        columns = tuple(f"{letters_of(at)}: {code} {period}" for at, (code, period) in meanings.items())
        return IndicatorSheet(tuple(lines), columns, tuple(unread), tuple(skipped), tuple(self.problems))

    def _report_twice(self, meanings: Mapping[int, tuple[str, str]]) -> None:
        """Report columns that say they hold the same figure, such as an amount and its rate."""
        seen: dict[tuple[str, str], int] = {}
        for column, meaning in meanings.items():
            first = seen.setdefault(meaning, column)
            if first != column:
                facts = {"first": letters_of(first), "column": letters_of(column), "component": meaning[0]}
                self.problems.append(self.grid.problem(self.first - 1, column, "imports.twice", **facts))

    def _meaning(self, texts: list[str], named: str) -> tuple[str, str]:
        """Code and period of a column: by hand, from its headings, else shared, else from the title."""
        own, above = ([self.codes.get(plain_words(text), "") for text in of] for of in (texts, self.titles))
        code = next(filter(None, [named, *own, self.shared.get("indicator_code"), *above]), "")
        if not code:
            return "", ""
        january = self.kinds.get(code, "level") != "level"
        dated = [text for text in self.titles if _YEAR.search(text)]
        year = self.shared.get("year") or next(iter(_YEAR.findall(" ".join(dated))), "")
        period = period_in(texts, year, january=january) or self.shared.get("period", "")
        in_titles = (period_in_title(text, january=january) for text in dated)
        return code, period or next(filter(None, in_titles), "")

    def _area(self, row: int, meanings: Mapping[int, object]) -> tuple[str, str]:
        """Area of a row, or the name of a row that is passed over; a misspelt area is a problem."""
        cell = self.grid.cells.get((row, self.area_column))
        filled = any(is_number(self.grid.cells.get((row, column))) for column in meanings)
        if row < self.first or cell is None or not filled or is_number(cell):
            return "", ""
        name = bare_name(cell.text)
        area = self.places.find(name)
        if area:
            return area, ""
        near = "" if _NO_AREA.fullmatch(plain_words(name)) else self.places.nearest(name)
        if not near:
            return "", cell.text
        self.problems.append(self.grid.problem(row, self.area_column, "expect.area_near", near=near))
        return "", ""

    def _lines(self, row: int, area: str, meanings: Mapping[int, tuple[str, str]]) -> list[Line]:
        lines = []
        for column, (code, period) in meanings.items():
            cell = self.grid.cells.get((row, column))
            if cell is not None and figure_in(cell) != (None, ""):
                given = {"indicator_code": code, "period": period, "area": area}
                lines.append(Line(row, {"value": cell}, given))
        return lines


def _heading(cell: Cell) -> str:
    """Text of a heading; a first of a month, as spreadsheets keep “9/2024”, is that month."""
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", cell.text)
    if cell.kind != "day" or not day:
        return clean(cell.text)
    return f"{int(day[2])}/{day[1]}" if day[3] == "01" else f"{day[3]}/{day[2]}/{day[1]}"
