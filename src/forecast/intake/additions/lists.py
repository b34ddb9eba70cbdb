"""Proposes many rows of one table: indicators, criteria scores, self-scores, remedies, from .xlsx or .csv.

The file has the columns of the table in data/, by their own names or by Vietnamese headings; what every row
shares (source, day, area, year) may be given beside it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import Phrase, text
from forecast.base.spec import DEFAULT_AREA, iso_hint, refuse_unknown
from forecast.base.spelling import letters_of, plain_words
from forecast.data.load import Vintages, read_vintages
from forecast.data.load.areas import Gazetteer, gazetteer
from forecast.data.load.cells import period_days
from forecast.data.load.files import Rows, read_rows
from forecast.data.load.indicators import FROM_CATALOGUE
from forecast.data.tables import (
    ELASTICITIES,
    INDICATOR_TYPES,
    INDICATORS,
    REMEDIES,
    SCORES,
    SELF_SCORES,
    Table,
)
from forecast.intake import journal
from forecast.intake.additions.comparison import incoherent, known_with, new_rows
from forecast.intake.additions.doubts import Doubt, IndicatorDoubts
from forecast.intake.additions.headings import column_named
from forecast.intake.additions.indicator_sheet import Line, read_indicator_sheet
from forecast.intake.additions.one_row import plain_number
from forecast.intake.additions.periods import YearMissingError, period_in
from forecast.intake.additions.proposal import TABLE_LANG, Compared, Proposal, Row, propose
from forecast.intake.additions.province_sheet import columns_by_hand
from forecast.intake.grid import MOST_ROWS, Cell, Grid, read_grids

FEWEST_HEADINGS: Final = 3  # recognised in a row, from which it is the heading of a table
LATE_DAYS: Final = 366  # from a period to its publication, beyond which a figure hardly was news
_HEAD_ROWS: Final = 30
_STATES: Final = {
    "du kien": "planned",
    "chua lam": "planned",
    "dang lam": "doing",
    "dang thuc hien": "doing",
    "xong": "done",
    "da xong": "done",
    "hoan thanh": "done",
    "da hoan thanh": "done",
    "bo": "dropped",
    "khong lam": "dropped",
}
_USUAL: Final[Mapping[str, Mapping[str, str]]] = {
    "indicators": {"area": DEFAULT_AREA, "trust": "official"},
    "criteria": {
        "index_code": MAIN,
        "area": DEFAULT_AREA,
        "statistic": "value",
        "unit": "points",
        "trust": "official",
    },
    "indicator-types": {},
    "elasticities": {},
    "self-scores": {"area": DEFAULT_AREA},
    "remedies": {"state": "planned"},
}
KINDS: Final[Mapping[str, Table]] = {
    "indicators": INDICATORS,
    "indicator-types": INDICATOR_TYPES,
    "elasticities": ELASTICITIES,
    "criteria": SCORES,
    "self-scores": SELF_SCORES,
    "remedies": REMEDIES,
}


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A list in a sheet: its columns by name, and its lines; a printed table's lines are its figures."""

    grid: Grid
    columns: Mapping[str, int]
    lines: tuple[Line, ...]
    unread: tuple[str, ...]
    remarks: tuple[Phrase, ...] = ()
    problems: tuple[Problem, ...] = ()

    def placed(self, problem: Problem, line: Line) -> Problem:
        """Put a problem of a row to its cell in the list, or to its row where the list has no such column."""
        cell = line.cells.get(problem.column) or (None if self.columns else line.cells["value"])
        column = cell.column if cell else self.columns.get(problem.column, 0)
        sheet = self.grid.sheet if column else ""
        where = letters_of(column) if sheet else problem.column
        return dataclasses.replace(problem, file=self.grid.file, sheet=sheet, row=line.number, column=where)


def rows_of_list(
    data_dir: Path,
    path: Path,
    kind: str,
    *,
    sheet: str = "",
    columns: Sequence[str] = (),
    shared: Mapping[str, str] | None = None,
) -> Proposal:
    """Propose all rows of one list, in .xlsx or .csv.

    Parameters
    ----------
    data_dir
        Folder of the tables.
    kind
        indicators, indicator-types, elasticities, criteria, self-scores or remedies.
    sheet
        Name of the sheet; needed where several hold such a list.
    columns
        Columns named by hand: ``value=E``; in a printed table codes too, ``pub_inv_disb_rate=E``.
    shared
        Cells of every row that leaves them empty: area, year, published_on, source_url, trust, note.

    Raises
    ------
    DataError
        With everything that cannot be read, and everything for which the folder would be refused.
    SpecError
        If the sheet or a column is not known.
    """
    now = read_vintages(data_dir)
    table = KINDS[kind]
    shared = dict(shared or {})
    read = _read_list(path, kind, now, sheet, columns_by_hand(columns), shared)
    maker = _RowMaker(read, kind, table, now, shared)
    rows = [maker.row(line) for line in read.lines]
    new = maker.not_yet_there(rows, data_dir)
    if maker.problems:
        raise DataError(maker.problems)
    added = [rows[at] for at in new]

    def place(problem: Problem, number: int) -> Problem:
        return read.placed(problem, read.lines[new[number]])

    def judge(after: Vintages) -> tuple[Compared, list[Problem]]:
        doubts = []
        for number, doubt in _doubts(kind, now, after) if added else ():
            value = str(after.frames[table.name].iloc[number - len(added)][doubt.column])
            problem = Problem("", None, doubt.column, value, doubt.key, doubt.all_facts)
            doubts.append(place(problem, number))
        return Compared(new=len(added), standing=len(rows) - len(new)), doubts

    remarks = [*read.remarks, *maker.remarks()]
    if read.columns:
        remarks.append(Phrase("imports.seen_rows", {"lines": len(rows), "columns": list(read.columns)}))
    if read.unread:
        remarks.append(Phrase("imports.unread", {"columns": list(read.unread)}))
    return propose(
        data_dir,
        now,
        table,
        added,
        action=f"import {kind}",
        what=path.name,
        place=place,
        judge=judge,
        remarks=remarks,
    )


class _RowMaker:
    """Makes rows of the table from lines of a list."""

    def __init__(
        self, read: Lines, kind: str, table: Table, now: Vintages, shared: Mapping[str, str]
    ) -> None:
        self.read, self.kind, self.table = read, kind, table
        self.places: Gazetteer = gazetteer(now.frames["areas"])[0]
        self.problems: list[Problem] = list(read.problems)
        self.dated = 0  # figures whose day of publication follows from the catalogue's delay
        self.late = 0  # figures that count as known only long after their period
        self.base = {**dict.fromkeys(table.names, ""), **_USUAL[kind]}
        self.shared = {name: text for name, text in shared.items() if name in table.names and text}
        self.types = {
            row["indicator_code"]: row for row in now.frames[INDICATOR_TYPES.name].to_dict("records")
        }
        known = now.frames[INDICATORS.name].drop_duplicates("indicator_code", keep="last")
        names = ("indicator_name_vi", "unit", "linked_domain")
        self.indicators = {
            row["indicator_code"]: {n: row[n] for n in names} for row in known.to_dict("records")
        }

    def row(self, line: Line) -> Row:
        """Make the row of one line: its own cells, else those that all share, else the usual ones."""
        own = {name: text for name, cell in line.cells.items() if (text := self._text(name, cell))}
        row = {**self.base, **self.shared, **line.given, **own}
        if self.kind == "indicators":
            january = self.types.get(row["indicator_code"], {}).get("kind", "level") != "level"
            row["period"] = _period(row["period"], january=january) or row["period"]
            self._named(row)
            self._dated(row)
        if self.table is SCORES:
            row["source_day"] = row["source_day"] or row["published_on"]
        return row

    def _named(self, row: dict[str, str]) -> None:
        """Name and unit of a code need not be repeated: the catalogue has them, or an earlier row."""
        code = row["indicator_code"]
        if code in self.types:
            own = self.types[code]
            for name, source in FROM_CATALOGUE.items():
                row[name] = "" if row[name] == own[source] else row[name]
            return
        usual = self.indicators.get(code, {})
        lacks = (n for n in usual if not row[n] and not (n == "linked_domain" and n in self.read.columns))
        row |= {name: usual[name] for name in lacks}

    def _dated(self, row: dict[str, str]) -> None:
        """Where a list has no days of publication, they follow the periods by the catalogue's delay."""
        days = period_days(row["period"])
        if days is None:
            return
        delay = self.types.get(row["indicator_code"], {}).get("delay_days", math.nan)
        undated = not row["published_on"] and "published_on" not in self.read.columns
        if undated and not math.isnan(delay):
            row["published_on"] = (days[1] + dt.timedelta(days=int(delay))).isoformat()
            note = text("imports.delay_note", TABLE_LANG, days=int(delay))
            row["note"] = "; ".join(filter(None, [row["note"], note]))
            self.dated += 1
        elif row["published_on"] > (days[1] + dt.timedelta(days=LATE_DAYS)).isoformat():
            self.late += 1

    def remarks(self) -> Iterator[Phrase]:
        """Say which days of publication were made, and which are late."""
        if self.dated:
            yield Phrase("imports.delay_used", {"count": self.dated})
        if self.late:
            yield Phrase("imports.late_publication", {"count": self.late})

    def _text(self, name: str, cell: Cell) -> str:
        """Write a cell as the table has it: decimal points, ISO days, the one spelling of an area."""
        kind = self.table.column(name).kind
        numeric = kind in ("number", "year")
        if cell.kind == "formula" or (cell.kind == "day" and numeric):
            key = f"imports.figure_{cell.kind}"
            self.problems.append(self.read.grid.problem(cell.row, cell.column, key))
            return ""
        if numeric:
            return plain_number(cell.text)
        if name == "state":
            return _STATES.get(plain_words(cell.text), cell.text)
        other = {"day": iso_hint, "area": self.places.find}.get(kind)
        return (other and other(cell.text)) or cell.text

    def not_yet_there(self, rows: Sequence[Row], data_dir: Path) -> list[int]:
        """Places of the rows that the table lacks; one that stands there with other cells is a problem."""
        now, _ = read_rows(data_dir / self.table.file, self.table)
        standings = journal.standing(rows, self.table, now and self._as_new(now))
        for line, standing in zip(self.read.lines, standings, strict=True):
            for column, new, _ in standing.differs:
                facts = {"number": standing.line}
                odd = Problem(self.table.file, standing.line, column, new, "imports.other_figure", facts)
                self.problems.append(self.read.placed(odd, line))
        return [at for at, standing in enumerate(standings) if standing.line is None]

    def _as_new(self, rows: Rows) -> Rows:
        """Write the table's rows as new ones are: usual names of areas, nothing that the catalogue says."""
        cells = dict(rows.cells)
        if "area" in cells:
            usual = {text: self.places.find(text) or text for text in set(cells["area"])}
            cells["area"] = [usual[text] for text in cells["area"]]
        for name, source in FROM_CATALOGUE.items() if self.kind == "indicators" else ():
            pairs = zip(cells["indicator_code"], cells[name], strict=True)
            cells[name] = [
                "" if code in self.types and cell == self.types[code][source] else cell
                for code, cell in pairs
            ]
        return dataclasses.replace(rows, cells=cells)


def _doubts(kind: str, now: Vintages, after: Vintages) -> Iterator[tuple[int, Doubt]]:
    """Doubt new rows, by their number: indicators beside their own values, criteria beside their domains."""
    if kind == "criteria":
        yield from _criteria_doubts(now, after)
    if kind != "indicators":
        return
    table = INDICATORS.name
    others = IndicatorDoubts(now.frames[table])
    rows = after.frames[table].iloc[len(now.frames[table]) :]
    for number, row in enumerate(rows.itertuples(index=False)):
        yield from ((number, doubt) for doubt in others.of(row))
        others.add(row)


def _criteria_doubts(now: Vintages, after: Vintages) -> Iterator[tuple[int, Doubt]]:
    """Doubt new scores of criteria beside their domains and each other, year by year."""
    known = known_with(now, after, SCORES, MAIN)
    for _, rows in new_rows(now, after, SCORES).groupby("year"):
        places = dict(zip(zip(rows["area"], rows["component"], strict=True), rows.index, strict=True))
        for doubt in incoherent(rows, known, after):
            names = (doubt.component, *doubt.facts["parts"])
            number = next(places[doubt.area, name] for name in names if (doubt.area, name) in places)
            yield int(number), dataclasses.replace(doubt, column="score")


def _read_list(
    path: Path, kind: str, now: Vintages, sheet: str, by_hand: Mapping[int, str], shared: Mapping[str, str]
) -> Lines:
    grids = read_grids(path, sheet)
    lists = [lines for grid in grids if (lines := _with_heading(grid, kind, by_hand))]
    if not lists and kind == "indicators":
        lists = [lines for grid in grids if (lines := _printed(grid, now, by_hand, shared))]
    if not lists:
        facts = {"kind": kind, "columns": list(KINDS[kind].names)}
        key = "imports.no_list_of_indicators" if kind == "indicators" else "imports.no_list"
        raise DataError([Problem(path.name, None, "", "", key, facts)])
    if len(lists) > 1:
        raise SpecError("imports.several_lists", {"sheets": [lines.grid.sheet for lines in lists]})
    if max(lists[0].grid.rows) >= MOST_ROWS:
        raise DataError([Problem(path.name, None, "", "", "imports.too_long", {"most": MOST_ROWS})])
    return lists[0]


def _printed(
    grid: Grid, now: Vintages, by_hand: Mapping[int, str], shared: Mapping[str, str]
) -> Lines | None:
    """Read a printed table of provinces, whose columns are months or indicators."""
    types = now.frames[INDICATOR_TYPES.name]
    figures = now.frames[INDICATORS.name]
    names = dict(zip(figures["indicator_name_vi"], figures["indicator_code"], strict=True))
    names |= dict(zip(types["name_vi"], types["indicator_code"], strict=True))
    kinds = dict(zip(types["indicator_code"], types["kind"], strict=True))
    usual = {"value": shared.get("indicator_code", "")}
    codes = {column: usual.get(name, name) for column, name in by_hand.items()}
    read = read_indicator_sheet(grid, gazetteer(now.frames["areas"])[0], kinds, names, shared, codes)
    if read is None:
        return None
    _refuse_strange(codes, sorted({*names.values()}))
    remarks = [Phrase("imports.seen_months", {"lines": len(read.lines), "columns": list(read.columns)})]
    if read.skipped:
        remarks.append(Phrase("imports.no_areas", {"rows": list(read.skipped)}))
    return Lines(grid, {}, read.lines, read.unread, tuple(remarks), read.problems)


def _with_heading(grid: Grid, kind: str, by_hand: Mapping[int, str]) -> Lines | None:
    """Find the heading among the first rows: the one with most recognised columns."""
    best: dict[str, int] = {}
    at = 0
    for number in grid.rows[:_HEAD_ROWS]:
        named = ((column_named(cell.text, kind, KINDS[kind]), cell.column) for cell in grid.row(number))
        columns = {name: column for name, column in named if name}
        if len(columns) > len(best):
            best, at = columns, number
    if len(best) < FEWEST_HEADINGS:
        return None
    _refuse_strange(by_hand, KINDS[kind].names)
    best |= {name: column for column, name in by_hand.items()}
    unread = tuple(cell.text for cell in grid.row(at) if cell.column not in best.values())
    lines = tuple(_line(grid, number, best) for number in grid.rows if number > at)
    return Lines(grid, best, lines, unread)


def _refuse_strange(by_hand: Mapping[int, str], allowed: Sequence[str]) -> None:
    for name in by_hand.values():
        if name not in allowed:
            refuse_unknown("--column", name, allowed)


def _line(grid: Grid, number: int, columns: Mapping[str, int]) -> Line:
    cells = {name: cell for name, column in columns.items() if (cell := grid.cells.get((number, column)))}
    return Line(number, cells, {})


def _period(words: str, *, january: bool) -> str:
    """Write a period as the table has it; an empty text if the words name none with its year."""
    try:
        return "" if period_days(words) else period_in([words], january=january)
    except YearMissingError:
        return ""
