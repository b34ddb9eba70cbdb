"""Many rows of one table at once: indicators, criteria scores, self-scores, remedies, as .xlsx or .csv.

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
from forecast.base.spec import DEFAULT_AREA, iso_hint
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
from forecast.intake.additions.beside import added, incoherent, last_day
from forecast.intake.additions.history import history
from forecast.intake.additions.list_headings import column_named
from forecast.intake.additions.monthly import Line, read_monthly
from forecast.intake.additions.ownpast import Past, indicator_doubts
from forecast.intake.additions.periods import YearMissingError, period_in
from forecast.intake.additions.proposal import OWN, Compared, Proposal, Row, through_the_door
from forecast.intake.additions.single import plain_number
from forecast.intake.annex.grid import MOST_ROWS, Cell, Grid, read_grids

FEWEST: Final = 3  # recognised headings in a row, from which it is the heading of a table
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


def rows_of_list(
    data_dir: Path, path: Path, kind: str, *, sheet: str = "", shared: Mapping[str, str] | None = None
) -> Proposal:
    """Propose all rows of one list.

    Parameters
    ----------
    data_dir
        Folder of the tables.
    path
        .xlsx or .csv.
    kind
        indicators, indicator-types, elasticities, criteria, self-scores or remedies.
    sheet
        Name of the sheet; needed where several hold such a list.
    shared
        Cells of every row that leaves them empty: area, year, published_on, source_url, trust, note.

    Raises
    ------
    DataError
        With everything that cannot be read, and everything that the door to the data refuses.
    """
    now = read_vintages(data_dir)
    table = KINDS[kind]
    told = dict(shared or {})
    read = _list(path, kind, now, sheet, told)
    made = _Made(read, kind, table, now, told)
    rows = [made.row(line) for line in read.lines]
    fresh = made.not_yet_there(rows, data_dir)
    if made.problems:
        raise DataError(made.problems)

    def place(problem: Problem, at: int) -> Problem:
        return made.placed(problem, read.lines[fresh[at]])

    added = [rows[at] for at in fresh]
    before, after = through_the_door(data_dir, now, table, added, place)
    doubts = [made.placed(each, read.lines[fresh[at]]) for at, each in _doubts(kind, now, after, len(added))]
    remarks = [*read.remarks, *made.remarks()]
    if read.columns:
        remarks.append(Phrase("imports.seen_rows", {"lines": len(rows), "columns": list(read.columns)}))
    if read.unread:
        remarks.append(Phrase("imports.unread", {"columns": list(read.unread)}))
    return Proposal(
        data_dir=data_dir,
        table=table,
        action=f"import {kind}",
        what=path.name,
        rows=tuple(added),
        before=before,
        now=now,
        after=after,
        compared=Compared(new=len(added), standing=len(rows) - len(fresh)),
        doubts=tuple(doubts),
        remarks=tuple(remarks),
    )


class _Made:
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
            told = text("imports.delay_note", OWN, days=int(delay))
            row["note"] = "; ".join(filter(None, [row["note"], told]))
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

    def placed(self, problem: Problem, line: Line) -> Problem:
        """Put a problem of a row to its cell in the list, or to its row where the list has no such column."""
        cell = line.cells.get(problem.column) or (None if self.read.columns else line.cells["value"])
        column = cell.column if cell else self.read.columns.get(problem.column, 0)
        sheet = self.read.grid.sheet
        where = letters_of(column) if column and sheet else problem.column
        return dataclasses.replace(
            problem, file=self.read.grid.file, sheet=sheet if column else "", row=line.number, column=where
        )

    def not_yet_there(self, rows: Sequence[Row], data_dir: Path) -> list[int]:
        """Places of the rows that the table lacks; one that stands there with other cells is a problem."""
        found, _ = read_rows(data_dir / self.table.file, self.table)
        if found is not None and "area" in found.cells:  # the table's rows may spell areas in any known way
            usual = {text: self.places.find(text) or text for text in set(found.cells["area"])}
            cells = {**found.cells, "area": [usual[text] for text in found.cells["area"]]}
            found = dataclasses.replace(found, cells=cells)
        if found is not None and self.kind == "indicators":
            found = self._bare(found)
        standings = journal.standing(rows, self.table, found)
        for line, each in zip(self.read.lines, standings, strict=True):
            for column, new, _ in each.differs:
                facts = {"number": each.line}
                odd = Problem(self.table.file, each.line, column, new, "imports.other_figure", facts)
                self.problems.append(self.placed(odd, line))
        return [at for at, each in enumerate(standings) if each.line is None]

    def _bare(self, found: Rows) -> Rows:
        """Leave out what older rows of the table repeat of the catalogue, as new rows do."""
        cells = dict(found.cells)
        for name, source in FROM_CATALOGUE.items():
            pairs = zip(found.cells["indicator_code"], found.cells[name], strict=True)
            cells[name] = [
                "" if code in self.types and cell == self.types[code][source] else cell
                for code, cell in pairs
            ]
        return dataclasses.replace(found, cells=cells)


def _doubts(kind: str, now: Vintages, after: Vintages, count: int) -> Iterator[tuple[int, Problem]]:
    """Judge each new indicator beside the same one's values in the table and in earlier rows of the list."""
    if kind == "criteria" and count:
        yield from _criteria_doubts(now, after)
    if kind != "indicators" or not count:
        return
    past = Past(now.frames[INDICATORS.name])
    for at, row in enumerate(after.frames[INDICATORS.name].tail(count).itertuples(index=False)):
        for column, key, facts in indicator_doubts(row, past.of(row)):
            yield at, Problem("", None, column, str(getattr(row, column)), key, facts)
        past.add(row)


def _criteria_doubts(now: Vintages, after: Vintages) -> Iterator[tuple[int, Problem]]:
    """Judge new scores of criteria beside their domains and each other, year by year."""
    kept = added(now, after, SCORES)
    told = history(now, MAIN, last_day(now, after, SCORES))
    for _, rows in kept.groupby("year"):
        places = dict(zip(zip(rows["area"], rows["component"], strict=True), rows.index, strict=True))
        for doubt in incoherent(rows, told, after, []):
            names = (doubt.component, *doubt.facts["parts"])
            at = next(places[doubt.area, name] for name in names if (doubt.area, name) in places)
            facts = {"area": doubt.area, "component": doubt.component, **doubt.facts}
            yield int(at), Problem("", None, "score", str(rows.at[at, "score"]), doubt.key, facts)


def _list(path: Path, kind: str, now: Vintages, sheet: str, shared: Mapping[str, str]) -> Lines:
    table = KINDS[kind]
    grids = read_grids(path, sheet)
    found = [each for grid in grids if (each := _headed(grid, kind, table))]
    if not found and kind == "indicators":
        found = [each for grid in grids if (each := _printed(grid, now, shared))]
    if not found:
        facts = {"kind": kind, "columns": [column.name for column in table.columns]}
        key = "imports.no_list_of_indicators" if kind == "indicators" else "imports.no_list"
        raise DataError([Problem(path.name, None, "", "", key, facts)])
    if len(found) > 1:
        raise SpecError("imports.several_lists", {"sheets": [each.grid.sheet for each in found]})
    if max(found[0].grid.rows) >= MOST_ROWS:
        raise DataError([Problem(path.name, None, "", "", "imports.too_long", {"most": MOST_ROWS})])
    return found[0]


def _printed(grid: Grid, now: Vintages, shared: Mapping[str, str]) -> Lines | None:
    """Read a printed table of provinces, whose columns are months or indicators."""
    types = now.frames[INDICATOR_TYPES.name]
    figures = now.frames[INDICATORS.name]
    names = dict(zip(figures["indicator_name_vi"], figures["indicator_code"], strict=True))
    names |= dict(zip(types["name_vi"], types["indicator_code"], strict=True))
    kinds = dict(zip(types["indicator_code"], types["kind"], strict=True))
    found = read_monthly(grid, gazetteer(now.frames["areas"])[0], kinds, names, shared)
    if found is None:
        return None
    remarks = [Phrase("imports.seen_months", {"lines": len(found.lines), "columns": list(found.columns)})]
    if found.skipped:
        remarks.append(Phrase("imports.no_areas", {"rows": list(found.skipped)}))
    return Lines(grid, {}, found.lines, found.unread, tuple(remarks), found.problems)


def _headed(grid: Grid, kind: str, table: Table) -> Lines | None:
    """Find the heading among the first rows: the one with most recognised columns."""
    best: dict[str, int] = {}
    at = 0
    for number in grid.rows[:_HEAD_ROWS]:
        names = {
            name: cell.column for cell in grid.row(number) if (name := column_named(cell.text, kind, table))
        }
        if len(names) > len(best):
            best, at = names, number
    if len(best) < FEWEST:
        return None
    unread = tuple(cell.text for cell in grid.row(at) if cell.column not in best.values())
    lines = tuple(_line(grid, number, best) for number in grid.rows if number > at)
    return Lines(grid, best, lines, unread)


def _line(grid: Grid, number: int, columns: Mapping[str, int]) -> Line:
    cells = {name: cell for name, column in columns.items() if (cell := grid.cells.get((number, column)))}
    return Line(number, cells, {})


def _period(words: str, *, january: bool) -> str:
    """Write a period as the table has it; an empty text if the words name none with its year."""
    try:
        return "" if period_days(words) else period_in([words], january=january)
    except YearMissingError:
        return ""
