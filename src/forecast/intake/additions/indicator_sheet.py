"""Read a printed table of indicators: provinces as rows, months or indicators as columns, one figure a cell.

The national public-service portal prints its monthly scores so, and the Ministry of Finance disbursement.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from forecast.base.errors import Problem
from forecast.base.spelling import clean, letters_of, plain_words
from forecast.data.load.areas import Gazetteer
from forecast.intake.additions.indicator_names import codes_by_name, short_forms
from forecast.intake.additions.periods import (
    UnclearPeriodError,
    YearMissingError,
    period_in,
    period_in_title,
)
from forecast.intake.additions.province_rows import (
    FEWEST_AREAS,
    area_named,
    area_rows,
    bare_name,
    changed_headings,
    figure_in,
    is_number,
    no_area,
    number_columns,
    without_name,
)
from forecast.intake.grid import Cell, Grid

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
    """A printed table as it was read.

    `skipped` lists names of rows that are no area's, `used` what is shared and gave columns their meaning.
    """

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    unread: tuple[str, ...]
    skipped: tuple[str, ...]
    problems: tuple[Problem, ...]
    used: frozenset[str]


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
    first = rows[0]
    while _is_body(grid, first - 1, column, places):  # the country, or a province that is misspelt
        first -= 1
    return _Reader(grid, column, first, places, names, kinds, shared).sheet(by_hand)


def _is_body(grid: Grid, row: int, column: int, places: Gazetteer) -> bool:
    """Whether a row names an area, a sum or nearly an area, and has figures beside it."""
    cell = grid.cells.get((row, column))
    if cell is None or is_number(cell):
        return False
    is_named = area_named(cell.text, places) or no_area(cell.text) or places.nearest(bare_name(cell.text))
    others = (other for other in grid.row(row) if other.column > column)
    return bool(is_named) and any(is_number(other) and not _YEAR.fullmatch(other.text) for other in others)


class _Reader:
    """Reads one sheet whose column of areas and whose first row below the heading have been found."""

    def __init__(
        self,
        grid: Grid,
        area_column: int,
        first: int,
        places: Gazetteer,
        names: Mapping[str, str],
        kinds: Mapping[str, str],
        shared: Mapping[str, str],
    ) -> None:
        self.grid, self.area_column, self.first, self.places = grid, area_column, first, places
        self.names, self.kinds, self.shared = names, kinds, shared
        self.head = [row for row in grid.rows if row < first]
        rows = [list(grid.row(row)) for row in self.head]
        self.titles = [cells[0].text for cells in rows if len(cells) == 1]  # other rows are headings
        self.problems: list[Problem] = [*grid.misfits(self.head, first), *self._other_year()]
        self.problems += changed_headings(grid, self.head, first, area_column)
        self.codes: dict[str, str] = {}
        self.used: set[str] = set()

    def sheet(self, by_hand: Mapping[int, str]) -> IndicatorSheet:
        meanings: dict[int, tuple[str, str]] = {}
        unread = []
        every = {
            column: list(dict.fromkeys(map(_heading, self._headings(column)))) for column in self._columns()
        }
        headings = [text for texts in every.values() for text in texts]
        short = short_forms(headings, self.titles, self.names)
        self.codes = {**short, **codes_by_name(self.names, self.kinds)}
        for column, texts in every.items():
            named = by_hand.get(column, "")
            counting = not named and texts and _COUNTING.fullmatch(plain_words(texts[0]))
            if counting:
                continue
            try:
                code, period = self._meaning(texts, named)
            except (YearMissingError, UnclearPeriodError) as error:
                key = "imports.year_of_month" if isinstance(error, YearMissingError) else "imports.period"
                spot = self.first - 1, column
                self.problems.append(self.grid.problem(*spot, key, heading=texts[0]))
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
        return IndicatorSheet(
            *(tuple(lines), columns, tuple(unread), tuple(skipped), tuple(self.problems)),
            used=frozenset(self.used),
        )

    def _columns(self) -> list[int]:
        return number_columns(self.grid, self.area_column, self.first)

    def _headings(self, column: int) -> list[Cell]:
        return self.grid.headings_above(column, self.head, self.area_column)

    def _other_year(self) -> list[Problem]:
        """Refuse a year given beside a table whose title names others."""
        own = next((text for text in self.titles if _YEAR.search(text)), "")
        given = self.shared.get("year")
        if not own or not given or given in _YEAR.findall(" ".join(self.titles)):
            return []
        return [self.grid.whole_problem("imports.other_year", year=given, found=_YEAR.findall(own))]

    def _report_twice(self, meanings: Mapping[int, tuple[str, str]]) -> None:
        """Report columns that say they hold the same figure, such as an amount and its rate."""
        first_columns: dict[tuple[str, str], int] = {}
        for column, (code, period) in meanings.items():
            first = first_columns.setdefault((code, period), column)
            if first == column:
                continue
            facts = {"first": letters_of(first), "column": letters_of(column), "component": code}
            # A column named by hand is the only one of its code: no way in a table of many periods.
            several = len({when for other, when in meanings.values() if other == code}) > 2
            key = "imports.same_figures" if several else "imports.twice"
            problem = self.grid.problem(self.first - 1, column, key, **facts, code=code, period=period)
            self.problems.append(problem)

    def _meaning(self, texts: list[str], named: str) -> tuple[str, str]:
        """Code and period of a column: by hand, from its headings, else shared, else from the title."""
        own, above = ([self.codes.get(plain_words(text), "") for text in of] for of in (texts, self.titles))
        told = next(filter(None, [named, *own]), "")
        code = told or self._shared("indicator_code") or next(filter(None, above), "")
        if not code:
            return "", ""
        january = self.kinds.get(code, "level") != "level"
        dated = [text for text in self.titles if _YEAR.search(text)]
        given = self.shared.get("year", "")
        year = given or next(iter(_YEAR.findall(" ".join(dated))), "")
        period = period_in(texts, year, january=january)
        self.used |= {"year"} if given in period else set()
        in_titles = (period_in_title(text, january=january) for text in dated)
        return code, period or self._shared("period") or next(filter(None, in_titles), "")

    def _shared(self, name: str) -> str:
        """Give a value that all columns share, and note that it was used."""
        found = self.shared.get(name, "")
        self.used |= {name} if found else set()
        return found

    def _area(self, row: int, meanings: Mapping[int, object]) -> tuple[str, str]:
        """Area of a row, or the name of a row that is passed over; a misspelt area is a problem."""
        cell = self.grid.cells.get((row, self.area_column))
        filled = sum(is_number(self.grid.cells.get((row, column))) for column in meanings)
        if row >= self.first and cell is None and filled and filled * 2 >= len(meanings):
            self.problems.append(without_name(self.grid, row, self.area_column))
        if row < self.first or cell is None or not filled or is_number(cell):
            return "", ""
        area = area_named(cell.text, self.places)
        if area:
            return area, ""
        near = "" if no_area(cell.text) else self.places.nearest(bare_name(cell.text))
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
