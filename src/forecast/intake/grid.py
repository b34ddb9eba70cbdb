"""A grid of the cells of a foreign table: text, numbers, days, formulas, merged ranges, with their places."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase, shortened
from forecast.base.spelling import clean, letters_of, spans

Kind = Literal["text", "number", "day", "formula"]
Spot = tuple[int, int]  # row and column, both counted from 1

MOST_ROWS: Final = 5_000  # the annex has some hundreds; sheets formatted to their end have a million
MOST_COLUMNS: Final = 60
_MOST_ALIKE: Final = 3  # other cells of a column with the same fault that are listed one by one
# causes from which whatever else is wrong follows
_CAUSES: Final = (
    "imports.split_heading",
    "imports.beyond_heading",
    "imports.cut_off",
    "annex.lost_marks",
    "annex.moved_marks",
)
_MEND: Final = Phrase("imports.commas")
_FIGURE: Final = re.compile(r"[+-]?\d[\d.,]*%?")


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


@dataclass(frozen=True, slots=True)
class Piece:
    """Where the rows of a grid from `first` on come from: a sheet, and so many rows and columns further."""

    first: int
    sheet: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One sheet, or several that were put below each other."""

    # file, sheet: names for messages; a CSV file has no sheet (``""``)
    file: str
    sheet: str
    cells: Mapping[Spot, Cell]  # by row and column, only those that hold something
    # from each spot of a merged range to the range's first spot
    merged: Mapping[Spot, Spot] = field(default_factory=dict)
    # fields of each row of a file separated by commas
    widths: Mapping[int, int] = field(default_factory=dict)
    # cells of such a file that begin small after a comma and a space: the rest of a text, perhaps
    rests: frozenset[Spot] = frozenset()
    # hidden_rows, hidden_columns: those that a workbook does not show; hidden_sheets: names of its own
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    hidden_sheets: tuple[str, ...] = ()
    struck: frozenset[Spot] = frozenset()  # what somebody drew a line through, and so took back
    wider: bool = False  # whether there is more to the right of the last column that is read
    # of a grid that was put together: where its parts come from, the lowest last
    pieces: tuple[Piece, ...] = ()

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

    def held_above(self, row: int, column: int, head: int) -> Cell | None:
        """Cell of the same column below the heading that is merged down to a row; None where none is."""
        top, place = self.merged.get((row, column), (row, column))
        return self.cells.get((top, place)) if head < top < row and place == column else None

    def merged_above(self, row: int, column: int) -> dict[str, Any]:
        """Facts of the merged range that a spot is in, if it begins in a row above; else nothing."""
        first = self.merged.get((row, column), (row, column))
        if first[0] == row:
            return {}
        last = max(at for (at, place), start in self.merged.items() if start == first and place == column)
        top, bottom = (self.original((at, column))[1][0] for at in (first[0], last))
        cell = self.cells.get(first)
        return {"first": self.name_of(first), "value": cell.text if cell else "", "rows": f"{top}–{bottom}"}

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

    def original(self, spot: Spot) -> tuple[str, Spot]:
        """Sheet and spot at which a cell of this grid stands in the file."""
        piece = next((piece for piece in reversed(self.pieces) if spot[0] >= piece.first), None)
        if piece is None:
            return self.sheet, spot
        return piece.sheet, (spot[0] + piece.rows, spot[1] + piece.columns)

    def name_of(self, spot: Spot) -> str:
        """Name a spot as a spreadsheet does, C7."""
        _, (row, column) = self.original(spot)
        return f"{letters_of(column)}{row}"

    def problem(self, at: int, place: int, key: str, /, **facts: Any) -> Problem:
        """Say what is expected of a spot, by its row and column."""
        cell = self.cells.get((at, place))
        sheet, (row, column) = self.original((at, place))
        value = cell.text if cell else ""
        return Problem(self.file, row, letters_of(column), value, key, facts, sheet=sheet)

    def whole_problem(self, key: str, /, **facts: Any) -> Problem:
        """Say what is expected of the sheet."""
        return Problem(self.file, None, "", "", key, facts, sheet=self.sheet)

    @property
    def title(self) -> Phrase | str:
        """Name of the sheet for a list of several; of one that the workbook hides it says so."""
        return (
            Phrase("imports.hidden_title", {"sheet": self.sheet})
            if self.sheet in self.hidden_sheets
            else self.sheet
        )

    def hidden(self) -> list[Phrase]:
        """Name what holds something and is not shown: sheet, rows, columns; and what is struck through."""
        filled = sorted(self.hidden_rows & {row for row, _ in self.cells})
        rows = [self.original((row, 1))[1][0] for row in filled]
        ranges = [str(first) if first == last else f"{first}–{last}" for first, last in spans(rows)]
        columns = sorted(self.hidden_columns & {column for _, column in self.cells})
        sheets = list(self.hidden_sheets)
        remarks = [Phrase("imports.hidden_sheets", {"sheets": sheets})] if sheets else []
        remarks += [Phrase("imports.hidden_rows", {"rows": ranges})] if ranges else []
        if columns:
            remarks.append(Phrase("imports.hidden_columns", {"columns": list(map(letters_of, columns))}))
        if self.struck:
            names = shortened([self.name_of(spot) for spot in sorted(self.struck)])
            remarks.append(Phrase("imports.struck", {"count": len(self.struck), "cells": names}))
        return remarks

    def refusal(self, problems: Iterable[Problem]) -> DataError:
        """Refuse the sheet; its hidden rows and columns are named too, as they may be the reason.

        If rows are longer than the heading, or all figures too large, only that is reported.
        """
        every = list(problems)
        causes = [problem for problem in every if problem.expected_key in _CAUSES]
        hidden = [self.whole_problem(phrase.key, **phrase.facts) for phrase in self.hidden()]
        return DataError(fold_repeats(in_order(causes or [*every, *hidden])))

    def misfits(self, head: Iterable[int], first: int, wordy: Iterable[int] = ()) -> list[Problem]:
        """Report what the heading does not cover: texts and figures cut at commas, columns that are not read.

        Of what is cut only the first is told, as its cause is that of all.  `wordy`: columns in which no
        figures are expected, such as notes.
        """
        problems = [self.whole_problem("imports.too_wide", most=MOST_COLUMNS)] if self.wider else []
        head = tuple(head)
        last = max((column for row, column in self.cells if row in head), default=0)
        width = max((self.widths.get(row, 0) for row in head), default=0)
        if self.sheet or not last:  # beside a table in a workbook there may stand remarks
            return problems
        if split := self._split_headings(head):
            return [*problems, split]
        beyond = []
        for row in (row for row in self.rows if row >= first):
            cells = list(self.row(row))
            wider = cells[-1].column > last or self.widths.get(row, 0) > width > 0
            if wider and sum(bool(_FIGURE.fullmatch(cell.text)) for cell in cells) > 1:
                beyond.append((row, max(cells[-1].column, last)))
        if beyond:
            facts = {"last": letters_of(last), "count": len(beyond), "mend": _MEND}
            return [*problems, self.problem(*beyond[0], "imports.beyond_heading", **facts)]
        with_heading = (column for column in wordy if column <= last)
        return problems + [problem for column in with_heading for problem in self._cut_off(column, first)]

    def _split_headings(self, head: Iterable[int]) -> Problem | None:
        """Report headings such as “Tỉnh, thành phố” without quotes in a CSV with commas, in one."""
        rests = sorted(spot for spot in self.rests if spot[0] in set(head))
        texts = [(self.cells.get((row, column - 1)), self.cells[row, column]) for row, column in rests]
        wholes = [f"“{left.text if left else ''}, {right.text}”" for left, right in texts]
        facts = {"found": "; ".join(wholes), "mend": _MEND}
        return self.problem(*rests[0], "imports.split_heading", **facts) if rests else None

    def cut_off(self, row: int, column: int) -> Problem | None:
        """Tell a cell of a CSV with commas that may hold the decimals of the whole number to its left."""
        left, right = self.cells.get((row, column - 1)), self.cells.get((row, column))
        if not (self.widths and left and right and left.text.isdecimal() and right.text.isdecimal()):
            return None
        return self.problem(row, column, "imports.cut_off", whole=f"{left.text},{right.text}", mend=_MEND)

    def _cut_off(self, column: int, first: int) -> list[Problem]:
        """Report a column of decimals by its first cell, if all its cells are such."""
        told = [
            self.cut_off(row, column) for row in self.rows if row >= first and (row, column) in self.cells
        ]
        return [problem for problem in told[:1] if problem and all(told)]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by row and column, each once; those of no sheet come last."""
    once = {(p.sheet, p.row, p.column, p.expected_key, str(p.expected_facts)): p for p in problems}
    return sorted(once.values(), key=lambda p: (p.sheet == "", p.row or 0, len(p.column), p.column))


def fold_repeats(problems: Iterable[Problem]) -> list[Problem]:
    """List equal problems of a column once, with their number."""
    alike: dict[tuple[str, ...], list[Problem]] = {}
    for number, problem in enumerate(problems):
        doubt = problem.expected_key.startswith("doubt.") or not problem.column
        said = str(problem.expected_facts)
        own = (problem.sheet, problem.column, problem.expected_key, said, str(number) if doubt else "")
        alike.setdefault(own, []).append(problem)
    lines: list[Problem] = []
    for first, *others in alike.values():
        if len(others) < _MOST_ALIKE:
            lines += [first, *others]
            continue
        facts = {**first.expected_facts, "count": len(others), "last": others[-1].row}
        rest = replace(first, row=None, value="", expected_key="imports.alike", expected_facts=facts)
        lines += [first, rest]
    return lines


def cells_of(rows: Iterable[Iterable[object]]) -> dict[Spot, Cell]:
    """Make the cells of rows of values, counted from 1; what is empty has none."""
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
