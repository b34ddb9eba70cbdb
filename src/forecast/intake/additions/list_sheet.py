"""Find a list in a sheet: its heading and lines, or a printed table of indicators in its place."""

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.indexes import MAIN
from forecast.base.labels import Phrase
from forecast.base.spec import DEFAULT_AREA, refuse_unknown
from forecast.base.spelling import letters_of
from forecast.data.framework import TOTAL
from forecast.data.load import Vintages
from forecast.data.load.areas import gazetteer
from forecast.data.spellings import choice_named
from forecast.data.tables import (
    ELASTICITIES,
    INDICATOR_TYPES,
    INDICATORS,
    REMEDIES,
    SCORES,
    SELF_SCORES,
    Table,
)
from forecast.intake.additions.headings import column_else, column_named
from forecast.intake.additions.indicator_sheet import Line, read_indicator_sheet
from forecast.intake.additions.province_rows import figure_in, in_old_letters
from forecast.intake.additions.table_parts import below_each_other, tables_in
from forecast.intake.grid import MOST_ROWS, Cell, Grid
from forecast.intake.reading import read_grids

FEWEST_HEADINGS: Final = 3  # recognised in a row, from which it is the heading of a table
_HEAD_ROWS: Final = 30
_ROUNDED: Final = 0.005  # by which a figure of a sum may be rounded
_WORDY: Final = ("note", "source_url")
KINDS: Final[Mapping[str, Table]] = {
    "indicators": INDICATORS,
    "indicator-types": INDICATOR_TYPES,
    "elasticities": ELASTICITIES,
    "criteria": SCORES,
    "self-scores": SELF_SCORES,
    "remedies": REMEDIES,
}
USUAL: Final[Mapping[str, Mapping[str, str]]] = {  # what cells hold where nothing else is said
    "indicators": {"area": DEFAULT_AREA, "trust": "official"},
    "criteria": {
        "index_code": MAIN,
        "area": DEFAULT_AREA,
        "trust": "official",
    },
    "indicator-types": {},
    "elasticities": {},
    "self-scores": {"area": DEFAULT_AREA},
    "remedies": {"state": "planned"},
}


def columns_of(kind: str) -> tuple[str, ...]:
    """Names of the columns of a kind of list; none for other kinds."""
    return KINDS[kind].names if kind in KINDS else ()


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A list in a sheet: its columns by name, and its lines from the row `first` on.

    A printed table's lines are its figures; `used` names what all share and its columns were read by.
    """

    grid: Grid
    columns: Mapping[str, int]
    lines: tuple[Line, ...]
    unread: tuple[str, ...]
    first: int = 1
    remarks: tuple[Phrase, ...] = ()
    problems: tuple[Problem, ...] = ()
    used: frozenset[str] = frozenset()
    closing: Line | None = None  # the last row, if it is the sum of those above

    def heading(self, name: str) -> str:
        """Heading of a column; an empty text where there is none."""
        cell = self.grid.cells.get((self.first - 1, self.columns.get(name, 0)))
        return cell.text if cell else ""

    def placed(self, problem: Problem, line: Line) -> Problem:
        """Put a problem of a row to its cell in the list, or to its row where the list has no such column."""
        cell = line.cells.get(problem.column) or (None if self.columns else line.cells["value"])
        column = cell.column if cell else self.columns.get(problem.column, 0)
        sheet, (row, at) = self.grid.original((line.number, column or 1))
        facts = self.grid.merged_above(line.number, column) if column and not cell else {}
        if facts:  # whatever else is said of an empty cell
            problem = dataclasses.replace(problem, expected_key="imports.cell_merged", expected_facts=facts)
        return dataclasses.replace(
            problem,
            file=self.grid.file,
            sheet=sheet if column else "",
            row=row,
            column=letters_of(at) if column else problem.column,
            value=cell.text if cell and problem.value else problem.value,
        )


def is_list_of_scores(path: Path, sheet: str, by_hand: Mapping[int, str]) -> bool:
    """Whether a file has a row for each score, as scores.csv has, and not one for each province.

    Raises DataError if the file is refused as a whole; SpecError if it has no sheet of that name.
    """
    lists = (_with_heading(grid, "criteria", by_hand) for grid in read_grids(path, sheet))
    return any(lines and "component" in lines.columns for lines in lists)


def read_list(
    path: Path, kind: str, now: Vintages, sheet: str, by_hand: Mapping[int, str], shared: Mapping[str, str]
) -> Lines:
    """Read the one list of a file, or its printed table of indicators.

    Raises DataError if the file is refused, too long, or holds neither or no row; SpecError if several
    sheets hold one, or a sheet or column is not known.
    """
    grids = read_grids(path, sheet)
    lists = [lines for grid in grids if (lines := _with_heading(grid, kind, by_hand))]
    if len(lists) > 1 and all(_heading(lines) == _heading(lists[0]) for lines in lists):
        lists = _as_one(lists, kind, by_hand)
    places = gazetteer(now.frames["areas"])[0]
    if not lists and kind == "indicators":
        printed = (table.grid for table in tables_in(grids, places))
        lists = [lines for grid in printed if (lines := _printed(grid, now, by_hand, shared))]
    if not lists:
        facts = {"kind": kind, "columns": list(KINDS[kind].names)}
        key = "imports.no_list_of_indicators" if kind == "indicators" else "imports.no_list"
        raise DataError([in_old_letters(grids, places) or Problem(path.name, None, "", "", key, facts)])
    if len(lists) > 1:
        raise SpecError("imports.several_lists", {"sheets": [lines.grid.title for lines in lists]})
    if max(lists[0].grid.rows) >= MOST_ROWS:
        raise DataError([Problem(path.name, None, "", "", "imports.too_long", {"most": MOST_ROWS})])
    if not lists[0].lines and not lists[0].problems:
        raise DataError([lists[0].grid.whole_problem("expect.not_empty")])
    return lists[0]


def _heading(lines: Lines) -> tuple[Mapping[str, int], tuple[str, ...]]:
    return lines.columns, lines.unread


def _as_one(lists: Sequence[Lines], kind: str, by_hand: Mapping[int, str]) -> list[Lines]:
    """Read lists of several sheets below the same headings as one."""
    whole = below_each_other([(lines.grid, lines.first if at else 1) for at, lines in enumerate(lists)])
    found = _with_heading(whole, kind, by_hand)
    remark = Phrase("imports.sheets_as_one", {"sheets": [lines.grid.title for lines in lists]})
    return [dataclasses.replace(found, remarks=(remark, *found.remarks))] if found else list(lists)


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
    remarks += grid.hidden()
    return Lines(
        *(grid, {}, read.lines, read.unread),
        remarks=tuple(remarks),
        problems=read.problems,
        used=read.used,
    )


def _with_heading(grid: Grid, kind: str, by_hand: Mapping[int, str]) -> Lines | None:
    """Find the heading among the first rows: the one with most recognised columns."""
    best: dict[str, list[Cell]] = {}
    at = 0
    for number in grid.rows[:_HEAD_ROWS]:
        columns: dict[str, list[Cell]] = {}
        for cell in grid.row(number):
            if name := column_named(cell.text, kind, KINDS[kind]):
                columns.setdefault(name, []).append(cell)
        for cell in grid.row(number):
            if (name := column_else(cell.text, KINDS[kind])) and name not in columns:
                columns[name] = [cell]
        if len(columns) > len(best):
            best, at = columns, number
    if len(best) < FEWEST_HEADINGS:
        return None
    _refuse_strange(by_hand, KINDS[kind].names)
    by_name: dict[str, int] = {}
    for column, name in by_hand.items():
        if name in by_name:
            raise SpecError("imports.column_again", {"found": f"{name}={letters_of(column)}"})
        by_name[name] = column
    twice = [
        grid.problem(at, other.column, "imports.heading_twice", name=name, first=letters_of(first.column))
        for name, (first, *others) in best.items()
        if name not in by_name
        for other in others
    ]
    places = {name: cells[0].column for name, cells in best.items()} | by_name
    read = {*places.values(), *(cell.column for cells in best.values() for cell in cells)}
    unread = tuple(cell.text for cell in grid.row(at) if cell.column not in read)
    below = [number for number in grid.rows if number > at]
    lines = tuple(_line(grid, number, places, kind, at) for number in below)
    wordy = [column for name, column in places.items() if name in _WORDY]
    problems = (*twice, *grid.misfits([at], at + 1, wordy), *_merged_figures(grid, below, places, kind, at))
    closing = lines[-1] if kind == "self-scores" and len(lines) > 1 and _is_closing(grid, lines[-1]) else None
    lines, remarks = (lines[:-1] if closing else lines), tuple(grid.hidden())
    return Lines(grid, places, lines, unread, at + 1, remarks, problems, closing=closing)


def _refuse_strange(by_hand: Mapping[int, str], allowed: Sequence[str]) -> None:
    for name in by_hand.values():
        if name not in allowed:
            refuse_unknown("--column", name, allowed)


def _line(grid: Grid, number: int, columns: Mapping[str, int], kind: str, head: int) -> Line:
    """Take the cells of a row; words merged over rows hold for each of them."""
    cells = {}
    for name, column in columns.items():
        cell = grid.cells.get((number, column))
        if cell is None and (name in _WORDY or (kind == "remedies" and not _is_figure(kind, name))):
            cell = grid.held_above(number, column, head)
        if cell:
            cells[name] = cell
    return Line(number, cells, {})


def _merged_figures(
    grid: Grid, rows: Sequence[int], columns: Mapping[str, int], kind: str, head: int
) -> Iterator[Problem]:
    """Report figures merged over rows: whether each row has it, or all share it, nobody knows."""
    for row in rows:
        for name, column in columns.items():
            if _is_figure(kind, name) and grid.held_above(row, column, head):
                yield grid.problem(row, column, "imports.cell_merged", **grid.merged_above(row, column))


def sums_apart(read: Lines) -> Iterator[Problem]:
    """Doubt the figures of a closing row that are not the sums of the rows, or of the domains among them."""
    domains = [line for line in read.lines if re.fullmatch(r"D\d|[IVX]+", _text_of(line, "component"))]
    for name, cell in read.closing.cells.items() if read.closing else ():
        said, _ = figure_in(cell)
        if said is None or not _is_figure("self-scores", name):
            continue
        sums = [
            math.fsum(figure_in(line.cells.get(name))[0] or 0.0 for line in lines)
            for lines in (read.lines, domains)
        ]
        if all(abs(total - said) > _ROUNDED * len(read.lines) for total in sums):
            yield read.grid.problem(cell.row, cell.column, "doubt.sum_of_list", total=round(sums[0], 4))


def _text_of(line: Line, name: str) -> str:
    return line.cells[name].text if name in line.cells else ""


def _is_figure(kind: str, name: str) -> bool:
    return KINDS[kind].column(name).kind == "number"


def _is_closing(grid: Grid, line: Line) -> bool:
    """Whether a row is named a sum, of a whole list that names its components."""
    named = next((cell.text for cell in grid.row(line.number) if cell.kind == "text"), "")
    component = line.cells.get("component")
    return choice_named(named, "component", (TOTAL,)) == TOTAL and (
        component is None or component.text == named
    )
