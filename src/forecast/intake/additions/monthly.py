"""A printed table of indicators: provinces as rows, months or indicators as columns, one figure a cell.

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
from forecast.intake.additions.periods import YearMissingError, period_in
from forecast.intake.additions.sheet import FEWEST_AREAS, area_rows, bare_name, figure_in, is_number
from forecast.intake.annex.grid import MOST_COLUMNS, Cell, Grid

_NO_AREA: Final = re.compile(r"(tong|trung binh|binh quan|cao nhat|thap nhat|lon nhat|nho nhat|ghi chu)\b.*")
_COUNTING: Final = re.compile(r"(stt|tt|so tt|so thu tu|(xep )?hang|thu hang)( .*)?")


@dataclass(frozen=True, slots=True)
class Line:
    """One row that is to be made: the cells that it comes from, by column of the table, and what is given."""

    number: int
    cells: Mapping[str, Cell]
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Monthly:
    """A printed table as it was read; `skipped` lists names of rows that are no area's."""

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    unread: tuple[str, ...]
    skipped: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_monthly(
    grid: Grid,
    places: Gazetteer,
    kinds: Mapping[str, str],
    names: Mapping[str, str],
    shared: Mapping[str, str],
) -> Monthly | None:
    """Read a printed table of indicators; None if the sheet names too few provinces in a column.

    Parameters
    ----------
    kinds
        By code of the catalogue: cumulative, to_date or level.
    names
        Code by name of an indicator.
    shared
        indicator_code, period and year of columns whose headings do not name them.
    """
    column, rows = area_rows(grid, places)
    if len(rows) < FEWEST_AREAS:
        return None
    tails: dict[str, set[str]] = {}  # of “Điểm 766: thanh toán trực tuyến” a table's heading is the last part
    for name, code in names.items():
        tails.setdefault(plain_words(name.rpartition(": ")[2]), set()).add(code)
    codes = {tail: min(own) for tail, own in tails.items() if len(own) == 1}
    codes |= {plain_words(name): code for name, code in names.items()} | {
        plain_words(code): code for code in kinds
    }
    first = rows[0]
    while _is_body(grid, first - 1, column, places):  # the country, or a province that is misspelt
        first -= 1
    return _Reader(grid, column, first, places, codes, kinds, shared).table()


def _is_body(grid: Grid, row: int, column: int, places: Gazetteer) -> bool:
    """Whether a row names an area, a sum or nearly an area, and has figures beside it."""
    cell = grid.cells.get((row, column))
    if cell is None or is_number(cell):
        return False
    name = bare_name(cell.text)
    named = places.find(name) or places.nearest(name) or _NO_AREA.fullmatch(plain_words(name))
    return bool(named) and any(is_number(each) for each in grid.row(row) if each.column > column)


@dataclass(frozen=True, slots=True, eq=False)
class _Reader:
    grid: Grid
    area_column: int
    first: int
    places: Gazetteer
    codes: Mapping[str, str]
    kinds: Mapping[str, str]
    shared: Mapping[str, str]

    def table(self) -> Monthly:
        problems: list[Problem] = []
        meant: dict[int, tuple[str, str]] = {}
        unread = []
        for column in self._numeric():
            texts = self._labels(column)
            if texts and _COUNTING.fullmatch(plain_words(texts[0])):
                continue
            try:
                code, period = self._meaning(texts)
            except YearMissingError:
                facts = {"heading": texts[0]}
                problems.append(self.grid.problem(self.first - 1, column, "imports.year_of_month", **facts))
                continue
            if code and period:
                meant[column] = code, period
            else:
                unread.append(f"{letters_of(column)} {' / '.join(reversed(texts))}".strip())
        if not meant and not problems:
            problems.append(self.grid.whole_problem("imports.no_months", seen=unread))
        lines, skipped = [], []
        for row in self.grid.rows:
            area, wrong, name = self._area(row, meant)
            problems += wrong
            skipped += [name] if name else []
            lines += self._lines(row, meant) if area else []
        columns = tuple(f"{letters_of(c)}: {code} {period}" for c, (code, period) in meant.items())
        return Monthly(tuple(lines), columns, tuple(unread), tuple(skipped), tuple(problems))

    def _numeric(self) -> list[int]:
        body = {
            spot[1] for spot, cell in self.grid.cells.items() if spot[0] >= self.first and is_number(cell)
        }
        return sorted(column for column in body if self.area_column != column <= MOST_COLUMNS)

    def _labels(self, column: int) -> list[str]:
        """Headings above a column, the lowest first.

        Where nothing is merged, as in CSV, an empty heading above a filled one is its left neighbour's.
        """
        found: list[str] = []
        for row in sorted((row for row in self.grid.rows if row < self.first), reverse=True):
            cell = self.grid.covering(row, column)
            if cell is None and found and not self.grid.merged:
                left = (
                    self.grid.cells.get((row, other)) for other in range(column - 1, self.area_column, -1)
                )
                cell = next((each for each in left if each), None)
            if cell is not None and _heading(cell) not in found:
                found.append(_heading(cell))
        return found

    def _meaning(self, texts: list[str]) -> tuple[str, str]:
        """Code and period of a column: from its headings, else what is shared, else from the title."""
        rows = [list(self.grid.row(row)) for row in self.grid.rows if row < self.first]
        above = [cells[0].text for cells in rows if len(cells) == 1]  # titles; other rows are headings
        own = (self.codes.get(plain_words(text)) for text in texts)
        code = next((found for found in own if found), self.shared.get("indicator_code", ""))
        if not code:
            code = next(
                (self.codes[plain_words(text)] for text in above if plain_words(text) in self.codes), ""
            )
        if not code:
            return "", ""
        january = self.kinds.get(code, "level") != "level"
        title = [text for text in above if re.search(r"\b(19|20)\d\d\b", text)]
        year = next(iter(re.findall(r"\b(?:19|20)\d\d\b", " ".join(title))), "")
        year = self.shared.get("year", "") or year
        period = period_in(texts, year, january=january) or self.shared.get("period", "")
        if not period:
            period = next((found for text in title if (found := _in_title(text, january=january))), "")
        return code, period

    def _area(self, row: int, meant: Mapping[int, object]) -> tuple[str, list[Problem], str]:
        """Area of a row; what is wrong with its name; the name if the row is passed over."""
        cell = self.grid.cells.get((row, self.area_column))
        filled = any(is_number(self.grid.cells.get((row, column))) for column in meant)
        if row < self.first or cell is None or not filled or is_number(cell):
            return "", [], ""
        name = bare_name(cell.text)
        area = self.places.find(name) or ""
        if area or _NO_AREA.fullmatch(plain_words(name)):
            return area, [], "" if area else cell.text
        near = self.places.nearest(name)
        if not near:
            return "", [], cell.text
        return "", [self.grid.problem(row, self.area_column, "expect.area_near", near=near)], ""

    def _lines(self, row: int, meant: Mapping[int, tuple[str, str]]) -> list[Line]:
        area = self.places.find(bare_name(self.grid.cells[row, self.area_column].text)) or ""
        found = []
        for column, (code, period) in meant.items():
            cell = self.grid.cells.get((row, column))
            value, key = figure_in(cell)
            if cell is not None and (value is not None or key):
                told = {"indicator_code": code, "period": period, "area": area}
                found.append(Line(row, {"value": cell}, told))
        return found


def _heading(cell: Cell) -> str:
    """Text of a heading; a first of a month, as spreadsheets keep “9/2024”, is that month."""
    day = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", cell.text)
    if cell.kind != "day" or not day:
        return clean(cell.text)
    return f"{int(day[2])}/{day[1]}" if day[3] == "01" else f"{day[3]}/{day[2]}/{day[1]}"


def _in_title(text: str, *, january: bool) -> str:
    """Period that a title names in the midst of other words."""
    months = r"\d\d? thang(?: dau nam)?|(?:den (?:het )?)?thang \d\d?|quy (?:i{1,3}|iv|[1-4])"
    day = r"den (?:het )?(?:ngay )?\d\d? \d\d? (?:19|20)\d\d"
    words = re.search(rf"(?:{months})(?: nam)? (?:19|20)\d\d|{day}", plain_words(text))
    return period_in([words[0]], january=january) if words else ""
