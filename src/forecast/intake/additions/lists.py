"""Propose many rows of one table: indicators, criteria scores, self-scores, remedies, from .xlsx or .csv.

The file has the columns of the table in data/, by their own names or by Vietnamese headings; values that all
rows share (source, day, area, year) may be given as options.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import Phrase, text
from forecast.base.spec import DEFAULT_AREA, iso_hint, looks_like_day
from forecast.data.load import Vintages, read_vintages
from forecast.data.load.areas import Gazetteer, gazetteer
from forecast.data.load.cells import period_days
from forecast.data.load.files import Rows, read_rows
from forecast.data.load.indicators import FROM_CATALOGUE, january_missing
from forecast.data.spellings import choice_named, value_named
from forecast.data.tables import (
    EVERY_CODE,
    INDICATOR_TYPES,
    INDICATORS,
    RELATED,
    RELATED_CODES,
    SCORES,
    TABLE_LANG,
    Table,
)
from forecast.intake import journal
from forecast.intake.additions.by_hand import columns_by_hand
from forecast.intake.additions.headings import in_percent
from forecast.intake.additions.indicator_names import code_of_name
from forecast.intake.additions.indicator_sheet import Line
from forecast.intake.additions.list_sheet import KINDS, USUAL, Lines, read_list, sums_apart
from forecast.intake.additions.one_row import with_usual_scale
from forecast.intake.additions.periods import as_period, due_on
from forecast.intake.additions.proposal import (
    OPTIONS_OF_ALL,
    Doubted,
    Proposal,
    Row,
    of_all,
    propose,
)
from forecast.intake.additions.province_rows import area_named
from forecast.intake.doubts.comparison import Compared
from forecast.intake.doubts.lists import compare_list
from forecast.intake.figures import plain_number, with_unit
from forecast.intake.grid import Cell

LATE_DAYS: Final = 366  # from a period to its publication, beyond which a figure hardly was news
_OPTIONS: Final = {  # of what every row may share
    "indicator_code": "--indicator",
    "period": "--period",
    "year": "--year",
    "published_on": "--published",
    "recorded_on": "--published",
    "stated_on": "--published",
    "source_url": "--source",
    "source_day": "--source-day",
    "trust": "--trust",
    "note": "--note",
}
_MOST_ALIKE: Final = 3  # points above their maximum, from which percent is meant
_POINTS: Final = ("self_score", "appraised_score", "expected_effect", "low", "high")


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
        If the sheet or a column is not known, or what is shared is of no use.
    """
    now = read_vintages(data_dir)
    shared = dict(shared or {})
    read = read_list(path, kind, now, sheet, columns_by_hand(columns), shared)
    table = _table_of(kind, read)
    maker = _RowMaker(read, kind, table, now, shared)
    rows = [maker.row(line) for line in read.lines]
    new = maker.not_yet_there(rows, data_dir)
    problems = [*maker.nowhere(rows), *maker.problems]
    if problems:
        raise read.grid.refusal(problems)
    added = [rows[at] for at in new]
    texts = [{name: cell.text for name, cell in read.lines[at].cells.items()} for at in new]

    def place(problem: Problem, number: int) -> Problem:
        if problem.column == "source_day" and "source_day" not in read.columns:  # the day of publication
            problem = dataclasses.replace(problem, column="published_on")
        own = read.lines[new[number]].cells.get(problem.column)
        if own is None and shared.get(problem.column) and problem.column in OPTIONS_OF_ALL:
            return of_all(problem)
        return read.placed(problem, read.lines[new[number]])

    def judge(after: Vintages) -> tuple[Compared, list[Doubted]]:
        doubted: list[Doubted] = [(problem, ()) for problem in sums_apart(read)]
        compared, doubts = compare_list(kind, now, after, table, texts)
        for number, doubt in doubts:
            if number is None:
                doubted.append((read.grid.whole_problem(doubt.key, **doubt.all_facts), ()))
                continue
            value = added[number][doubt.column]
            problem = Problem("", None, doubt.column, value, doubt.key, doubt.all_facts)
            doubted.append((place(problem, number), (number,)))
        return dataclasses.replace(compared, standing=len(rows) - len(new)), doubted

    remarks = [*read.remarks, *maker.remarks()]
    if read.columns:
        remarks.append(Phrase("imports.seen_rows", {"lines": len(rows), "columns": list(read.columns)}))
    if read.unread:
        remarks.append(Phrase("imports.unread", {"columns": list(read.unread)}))
    with _percents_at_once(len(rows)):
        proposal = propose(
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
    maker.refuse_idle(path.name)
    return proposal


@contextmanager
def _percents_at_once(rows: int) -> Iterator[None]:
    """Say in one line of most rows that their points are above the maximum: they are percent."""
    try:
        yield
    except DataError as error:
        high = [problem for problem in error.problems if problem.expected_key == "expect.at_most_framework"]
        if len(high) < _MOST_ALIKE or 2 * len(high) < rows:
            raise
        facts = {"count": len(high)}
        told = dataclasses.replace(high[0], expected_key="imports.percents", expected_facts=facts)
        raise DataError([told, *(other for other in error.problems if other not in high)]) from error


class _RowMaker:
    """Makes rows of the table from lines of a list."""

    def __init__(
        self, read: Lines, kind: str, table: Table, now: Vintages, shared: Mapping[str, str]
    ) -> None:
        self.read, self.kind, self.table = read, kind, table
        self.places: Gazetteer = gazetteer(now.frames["areas"])[0]
        self.problems: list[Problem] = list(read.problems)
        self.components = frozenset(now.frames["frameworks"]["component"])
        self.dated = 0  # figures whose day of publication follows from the catalogue's delay
        self.late = 0  # figures that count as known only long after their period
        self.undated = 0  # figures that no forecast uses
        self.not_from_january = 0  # figures of runs that no other year has
        self.strangers: set[str] = set()  # codes that the catalogue lacks
        self.due: dict[str, str] = {}  # last days of periods in which remedies are due, by their words
        empty = dict.fromkeys(table.names, "")
        self.base = empty | {name: text for name, text in USUAL[kind].items() if name in empty}
        self.asked = {name: text for name, text in shared.items() if text}
        self.shared = {name: text for name, text in self.asked.items() if name in table.names}
        self.used = set(read.used)
        self.in_percent = kind == "criteria" and in_percent(read.heading("score"))
        named = {line.cells["area"].text for line in read.lines if "area" in line.cells}
        self.many_areas = any(area_named(text, self.places) != DEFAULT_AREA for text in named if text)
        self.types = {
            row["indicator_code"]: row for row in now.frames[INDICATOR_TYPES.name].to_dict("records")
        }
        known = now.frames[INDICATORS.name].drop_duplicates("indicator_code", keep="last")
        every = [*self.types, *known["indicator_code"]]
        self.spellings = {code.casefold(): code for code in reversed(every)}
        self.names = dict(zip(known["indicator_code"], known["indicator_name_vi"], strict=True))
        self.names |= {code: row["name_vi"] for code, row in self.types.items()}
        names = ("indicator_name_vi", "unit", "linked_domain")
        self.indicators = {
            row["indicator_code"]: {n: row[n] for n in names} for row in known.to_dict("records")
        }

    def row(self, line: Line) -> Row:
        """Make the row of one line: its own cells, else those that all share, else the usual ones."""
        code = _index_of(line) or MAIN
        own = {name: text for name, cell in line.cells.items() if (text := self._text(name, cell, code))}
        row = {**self.base, **self.shared, **line.given, **own}
        if self.many_areas and not {"area"} & {*self.shared, *line.given, *own}:
            self.problems.append(
                self.read.placed(Problem("", None, "area", "", "expect.something", {}), line)
            )
        self.used |= {name for name in self.shared if name not in own and name not in line.given}
        if self.kind == "indicators":
            row |= {} if row["indicator_code"] else self._by_name(line)
            january = self.types.get(row["indicator_code"], {}).get("kind", "level") != "level"
            row["period"] = as_period(row["period"], january=january)
            self._valued(row, line.cells.get("value"))
            self._named(row)
            self._dated(row)
        if "indicator_code" in row:
            self._same_code(row["indicator_code"], line)
        if self.kind == "criteria":
            score = line.cells.get("score")
            if self.table is SCORES and score and (self.in_percent or score.text.endswith("%")):
                row["unit"] = own.get("unit", "percent")
                self._refuse_percent(score, refused=row["unit"] == "points")
            row = with_usual_scale(self.table, row)
        return row

    def refuse_idle(self, file: str) -> None:
        """Refuse an option for all rows that no row uses."""
        taken = {_OPTIONS[name] for name in self.used if name in _OPTIONS}
        own = {option: name for name, option in _OPTIONS.items() if name in self.table.names}
        own |= {} if self.read.columns else {"--year": "year"}  # by which a printed table is read
        for name, option in _OPTIONS.items():
            if name not in self.asked or option in taken:
                continue
            if option in own:
                raise SpecError(
                    "imports.idle_option", {"option": option, "file": file, "column": own[option]}
                )
            raise SpecError("imports.foreign_option", {"option": option, "kind": self.kind})

    def _by_name(self, line: Line) -> Row:
        """Code and usual name of the indicator that a row names alone; other names are told."""
        name, column = line.cells.get("indicator_name_vi"), self.read.columns.get("indicator_code", 0)
        if name is None or self.read.grid.merged_above(line.number, column):
            return {}
        code, key, facts = code_of_name(name.text, self.names)
        if key:
            self.problems.append(self.read.grid.problem(name.row, name.column, key, **facts))
        return {} if key else {"indicator_code": code, "indicator_name_vi": self.names[code]}

    def _valued(self, row: dict[str, str], cell: Cell | None) -> None:
        """Take a value with its unit, if that is the indicator's."""
        if cell is None or cell.kind != "text":
            return
        own = self.types.get(row["indicator_code"]) or self.indicators.get(row["indicator_code"], {})
        unit = row["unit"] or str(own.get("unit", ""))
        number, key = with_unit(cell.text, unit)
        if key:
            self.problems.append(self.read.grid.problem(cell.row, cell.column, key, unit=unit))
        elif number != cell.text:
            row["value"] = number

    def _named(self, row: dict[str, str]) -> None:
        """Name and unit of a code need not be repeated: the catalogue has them, or an earlier row."""
        code = row["indicator_code"]
        if code in self.types:
            own = self.types[code]
            for name, source in FROM_CATALOGUE.items():
                row[name] = "" if row[name] == own[source] else row[name]
            return
        if code:
            self.strangers.add(code)
        usual = self.indicators.get(code, {})
        lacks = (n for n in usual if not row[n] and not (n == "linked_domain" and n in self.read.columns))
        row |= {name: usual[name] for name in lacks}

    def _same_code(self, code: str, line: Line) -> None:
        """Refuse a code that differs from a known one in small and capital letters alone."""
        first = self.spellings.setdefault(code.casefold(), code)
        if first != code:
            odd = Problem("", None, "indicator_code", code, "imports.code_letters", {"first": first})
            self.problems.append(self.read.placed(odd, line))

    def nowhere(self, rows: Sequence[Row]) -> list[Problem]:
        """Report what all rows need and neither a column nor an option gives."""
        needed = {column.name for column in self.table.columns if not column.empty} - {*self.read.columns}
        lacking = [name for name in self.table.names if name in needed and not any(row[name] for row in rows)]
        keys = {name: "imports.nowhere" if name in _OPTIONS else "imports.no_column" for name in lacking}
        return [
            self.read.grid.whole_problem(key, name=name, option=_OPTIONS.get(name, ""))
            for name, key in keys.items()
        ]

    def _dated(self, row: dict[str, str]) -> None:
        """Where a list has no days of publication, they follow the periods by the catalogue's delay."""
        days = period_days(row["period"])
        if days is None:
            return
        kind = self.types.get(row["indicator_code"], {}).get("kind", "")
        self.not_from_january += january_missing(kind, days)
        delay = self.types.get(row["indicator_code"], {}).get("delay_days", math.nan)
        undated = not row["published_on"] and "published_on" not in self.read.columns
        if undated and not math.isnan(delay):
            row["published_on"] = (days[1] + dt.timedelta(days=int(delay))).isoformat()
            note = text("imports.delay_note", TABLE_LANG, days=int(delay))
            row["note"] = "; ".join(filter(None, [row["note"], note]))
            self.dated += 1
        elif not row["published_on"]:
            self.undated += 1
        elif row["published_on"] > (days[1] + dt.timedelta(days=LATE_DAYS)).isoformat():
            self.late += 1

    def remarks(self) -> Iterator[Phrase]:
        """Say which days of publication were made, and which figures no forecast uses, or no comparison."""
        counts = {"imports.undated": self.undated, "imports.not_from_january": self.not_from_january}
        yield from (Phrase(key, {"count": count}) for key, count in counts.items() if count)
        yield from (Phrase("additions.not_in_catalogue", {"code": code}) for code in sorted(self.strangers))
        if self.read.closing:
            yield Phrase("imports.closing_row", {"row": self.read.closing.number})
        if self.due:
            days = [f"“{words}” → {day}" for words, day in self.due.items()]
            yield Phrase("imports.due_read", {"days": days})
        if self.dated:
            yield Phrase("imports.delay_used", {"count": self.dated})
        if self.late:
            yield Phrase("imports.late_publication", {"count": self.late})

    def _text(self, name: str, cell: Cell, index_code: str) -> str:
        """Write a cell as the table has it: decimal points, ISO days, the one spelling of an area."""
        kind = self.table.column(name).kind
        numeric = kind in ("number", "year")
        if cell.kind == "formula" or (cell.kind == "day" and numeric):
            key = f"imports.figure_{cell.kind}"
            self.problems.append(self.read.grid.problem(cell.row, cell.column, key))
            return ""
        if name == "due" and not looks_like_day(cell.text) and not due_on(cell.text):
            self.problems.append(self.read.grid.problem(cell.row, cell.column, "imports.due"))
        if name == "period" and cell.kind == "day":
            return self._period_of_day(cell)
        self._refuse_percent(cell, refused=name in _POINTS and cell.text.endswith("%"))
        if numeric:
            return plain_number(cell.text, part=name in ("score", "rank"))
        return self._meant(name, cell.text, index_code) or cell.text

    def _refuse_percent(self, cell: Cell, *, refused: bool) -> None:
        if refused:
            self.problems.append(self.read.grid.problem(cell.row, cell.column, "imports.points_in_percent"))

    def _meant(self, name: str, text: str, index_code: str) -> str:
        """Value that a cell means in other words; an empty text where it is to stand as it is."""
        column = self.table.column(name)
        if column.kind == "area":
            return area_named(text, self.places)
        if name == "due" and not looks_like_day(text):
            self.due[text] = due_on(text)
            return self.due[text]
        return (
            iso_hint(text) if column.kind == "day" else value_named(text, column, index_code, self.components)
        )

    def _period_of_day(self, cell: Cell) -> str:
        """Read a day as one that is written out; the first of a month may be a month that Excel turned."""
        year, month, day = cell.text.split("-")
        if day == "01":
            facts = {"month": f"{year}-{month}", "day": cell.text, "year": year}
            problem = self.read.grid.problem(cell.row, cell.column, "imports.period_day", **facts)
            self.problems.append(problem)
        return f"{day}/{month}/{year}"

    def not_yet_there(self, rows: Sequence[Row], data_dir: Path) -> list[int]:
        """Numbers of the rows that the table lacks; a row that is there with other cells is a problem."""
        now, _ = read_rows(data_dir / self.table.file, self.table)
        standings = journal.standing(rows, self.table, now and self._as_new(now))
        for line, standing in zip(self.read.lines, standings, strict=True):
            for column, new, _ in standing.differs:
                facts = {"number": standing.line, "file": self.table.file}
                key = "imports.edit_row" if self.table is INDICATOR_TYPES else "imports.other_figure"
                odd = Problem(self.table.file, standing.line, column, new, key, facts)
                self.problems.append(self.read.placed(odd, line))
        return [at for at, standing in enumerate(standings) if standing.line is None]

    def _as_new(self, rows: Rows) -> Rows:
        """Write rows of the table as new ones are: usual names of areas, nothing that the catalogue has."""
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


def _table_of(kind: str, read: Lines) -> Table:
    """Table that takes a list; scores of a related index have a table of their own."""
    codes = {_index_of(line) for line in read.lines if "index_code" in line.cells}
    return RELATED if kind == "criteria" and codes and codes <= {*RELATED_CODES} else KINDS[kind]


def _index_of(line: Line) -> str:
    cell = line.cells.get("index_code")
    return choice_named(cell.text, "index_code", EVERY_CODE) if cell else ""
