"""Read a department's answers from an opened workbook, or list everything that is wrong with it."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from openpyxl.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forecast.answer.submissions.duties import departments
from forecast.base.errors import Problem, SpecError
from forecast.base.labels import Phrase, text
from forecast.base.spec import RunSpec
from forecast.base.spelling import clean, column_of
from forecast.base.workbook import Opened
from forecast.data.framework import Framework, is_criterion
from forecast.intake.figures import may_have_slipped, printed_figure
from forecast.intake.forms import cells
from forecast.intake.forms.besides import besides
from forecast.intake.forms.form import key_of
from forecast.intake.forms.key import READ_VERSIONS, Key
from forecast.intake.forms.layout import (
    AREA_CELL,
    COLUMNS,
    DEPARTMENT_CELL,
    FIGURES,
    FIRST_ROW,
    HEAD_ROW,
    HEADED,
    INPUTS,
    LANG,
    MOST_COLUMNS,
    MOST_ROWS,
    POINTS,
    TEXTS,
    YEAR_CELL,
    due_days,
    sheet_name,
)


class Target(NamedTuple):
    """What a form stands for today: its framework, run, and last year's points by component."""

    framework: Framework
    spec: RunSpec
    last: Mapping[str, float]


_SEVERAL: Final = 3  # figures of which at least one is not sure


@dataclass(frozen=True, slots=True)
class Answer:
    """What a department says of one component; None where it says nothing.  Points."""

    component: str
    low: float | None
    likely: float | None
    high: float | None
    self_score: float | None
    reason: str
    remedy: str
    due: dt.date | None


@dataclass(frozen=True, slots=True)
class Read:
    """A form as read: its key if it has one, its answers, and all that is wrong with it."""

    key: Key | None
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Phrase, ...] = ()  # what it hides, and what stands beside the table


def read(opened: Opened, target: Callable[[Key], Target], *, insist: bool = False) -> Read:
    """Read a form; without answers if there is any problem, or a doubt about which nobody insists.

    `target` gives what a key's index, area and year stand for, or SpecError for a year or an area that
    cannot be forecast.
    """
    key = Key.read(opened.book)
    sheet = _entry(opened, key) if key else None
    if key is None or sheet is None:
        return Read(None, (), (Problem(opened.name, None, "", "", "expect.form_of_ours"),))
    try:
        today = target(key)
    except SpecError as refusal:
        return Read(key, (), (Problem(opened.name, None, "", "", refusal.key, refusal.facts),))
    if wrong := _stale(key, today.framework, today.spec):
        return Read(key, (), (Problem(opened.name, None, "", "", *wrong),))
    reader = _Reader(opened.name, sheet, key, today.last, insist)
    moved = tuple(reader.moved_columns() or reader.missing_headings()) + tuple(_rivals(opened, key, reader))
    if moved:
        return Read(key, (), moved)
    problems = [*reader.changed_labels(), *reader.rows_out_of_place()]
    answers = []
    for component, row in reader.rows().items():
        answer, wrong_cells = reader.answer(component, row)
        answers.append(answer)
        problems += wrong_cells
    if not problems and all(answer.likely is None for answer in answers):
        problems.append(Problem(opened.name, None, "", "", "expect.form_filled", sheet=sheet.title))
    if not problems:
        problems += reader.without_ranges(answers)
    problems = reader.told_by_the_head_row(problems)
    problems.sort(key=lambda problem: (problem.row or 0, problem.column))
    given = tuple(answer for answer in answers if _says_something(answer))
    remarks = tuple(besides(opened, sheet, reader.rows(), today.last))
    return Read(key, () if problems else given, tuple(problems), remarks)


def _entry(opened: Opened, key: Key) -> Worksheet | None:
    """Find the sheet of answers by its name, or else by the department and the codes that it holds."""
    wanted = sheet_name("entry")
    matching = (sheet for sheet in opened.book.worksheets if clean(sheet.title) == wanted)
    return next(matching, None) or next(_like(opened, key), None)


def _like(opened: Opened, key: Key) -> Iterator[Worksheet]:
    codes = {code for code, _, _ in key.components}
    for sheet in opened.book.worksheets:
        if cells.plain(sheet[DEPARTMENT_CELL]) == clean(key.department) and any(
            cells.plain(cell) in codes for (cell,) in sheet[f"A{FIRST_ROW}:A{FIRST_ROW + len(codes)}"]
        ):
            yield sheet


def _rivals(opened: Opened, key: Key, entry: "_Reader") -> Iterator[Problem]:
    """Report copies of the sheet with other answers: which are meant, is not said."""
    taken = entry.typed()
    for sheet in _like(opened, key):
        other = _Reader(opened.name, sheet, key, entry.last).typed()
        if sheet is not entry.sheet and any(map(any, other.values())) and other != taken:
            facts = {"other": entry.sheet.title}
            yield Problem(opened.name, None, "", "", "expect.form_one_sheet", facts, sheet.title)


def _printed(text: str) -> float:
    """Number that a text gives; NaN if it gives none."""
    return float(printed_figure(text)[0] or "nan")


def _stale(key: Key, framework: Framework, spec: RunSpec) -> tuple[str, dict[str, Any]] | None:
    """Say why a form cannot be taken as a whole: version, department, framework or maxima."""
    if key.form_version not in READ_VERSIONS:
        return "expect.form_version", {"found": key.form_version, "allowed": sorted(READ_VERSIONS)}
    in_charge = departments(framework)
    if key.department not in in_charge:
        return "expect.form_department", {"found": key.department, "allowed": list(in_charge)}
    today = key_of(framework, key.department, spec)
    if key.framework != today.framework:
        return "expect.form_framework", {"found": key.framework, "now": today.framework}
    if key.maxima_from != today.maxima_from:
        return "expect.form_maxima_from", {"found": key.maxima_from, "now": today.maxima_from}
    then, now = ({code: most for code, _, most in key_.components} for key_ in (key, today))
    if then != now:
        differ = sorted(code for code in then.keys() | now.keys() if then.get(code) != now.get(code))
        return "expect.form_maxima", {"components": differ}
    return None


def _says_something(answer: Answer) -> bool:
    said = (answer.likely, answer.self_score, answer.due)
    return any(value is not None for value in said) or bool(answer.reason or answer.remedy)


@dataclass(frozen=True, slots=True)
class _Reader:
    file: str
    sheet: Worksheet
    key: Key
    last: Mapping[str, float]  # last year's points by component
    insist: bool = True

    def changed_labels(self) -> Iterator[Problem]:
        """Report labels, names and maxima that are not what the form was made with."""
        labels = (
            (DEPARTMENT_CELL, self.key.department, "expect.form_same_department"),
            (AREA_CELL, self.key.area, "expect.form_same_area"),
            (YEAR_CELL, str(self.key.target_year), "expect.form_same_year"),
        )
        for cell, meant, expected in labels:
            if cells.plain(self.sheet[cell]) != clean(meant):
                yield self._problem(int(cell[1:]), cell[0], expected, meant=meant)
        maxima = {code: (name, most) for code, name, most in self.key.components}
        for component, row in self.rows().items():
            name, most = maxima[component]
            if cells.plain(self.sheet[f"{COLUMNS['name']}{row}"]) != clean(name):
                yield self._problem(row, COLUMNS["name"], "expect.form_same_name", meant=name)
            maximum = self.sheet[f"{COLUMNS['maximum']}{row}"]
            if maximum.value != most and _printed(cells.plain(maximum)) != most:
                yield self._problem(row, COLUMNS["maximum"], "expect.form_same_maximum", high=most)

    def moved_columns(self) -> list[Problem]:
        """Report headings of ours in other columns: what stands below would be read as another thing.

        Of headings that moved as far the first is told: one column was inserted or deleted before it.
        """
        firsts: dict[int, Problem] = {}
        for letter, row, meant in self._headings():
            far = column_of(letter) - column_of(meant)
            if far:
                firsts.setdefault(far, self._problem(row, letter, "expect.form_column", meant=meant))
        return list(firsts.values())

    def missing_headings(self) -> list[Problem]:
        """Report columns without their heading: what stands below is no longer known to be what it was."""
        rows = {letter: row for letter, row, meant in self._headings() if letter == meant}
        missing = [name for name in HEADED if COLUMNS[name] not in rows]
        if len(missing) == len(HEADED):
            return [self._problem(HEAD_ROW, COLUMNS["code"], "expect.form_headings", meant=HEAD_ROW)]
        row = min(rows.values(), default=HEAD_ROW)
        headings = {name: text(f"form.column.{name}", LANG) for name in missing}
        return [
            self._problem(row, COLUMNS[name], "expect.form_heading", meant=heading)
            for name, heading in headings.items()
        ]

    def told_by_the_head_row(self, problems: list[Problem]) -> list[Problem]:
        """Tell what is wrong down to a row of headings that has moved by that one cause."""
        row = next((row for letter, row, meant in self._headings() if letter == meant), HEAD_ROW)
        below = [problem for problem in problems if not problem.row or problem.row > row]
        if row == HEAD_ROW or len(below) == len(problems):
            return problems
        return [self._problem(row, COLUMNS["code"], "expect.form_head_row", meant=HEAD_ROW), *below]

    def _headings(self) -> list[tuple[str, int, str]]:
        """Find headings of ours above the first code: column, row, and the column where each belongs."""
        names = COLUMNS.keys() - {"last"}  # its heading names a year
        ours = {clean(text(f"form.column.{name}", LANG)).casefold(): COLUMNS[name] for name in names}
        last = min(self.rows().values(), default=FIRST_ROW + 1) - 1
        grid = self.sheet.iter_rows(min_row=1, max_row=last, min_col=1, max_col=MOST_COLUMNS)
        found = (
            (get_column_letter(column), number, ours.get(cells.plain(cell).casefold()))
            for number, row in enumerate(grid, 1)
            for column, cell in enumerate(row, 1)
        )
        return [(letter, number, meant) for letter, number, meant in found if meant]

    def typed(self) -> dict[str, tuple[str, ...]]:
        """Give what is typed beside each code, as it is seen."""
        return {
            code: tuple(cells.plain(self.sheet[f"{COLUMNS[name]}{row}"]) for name in INPUTS)
            for code, row in self.rows().items()
        }

    def rows(self) -> dict[str, int]:
        """Find each component's row by its code; the first, if a code stands there twice."""
        known = {code for code, _, _ in self.key.components}
        rows: dict[str, int] = {}
        for row, code in self._codes():
            if code in known:
                rows.setdefault(code, row)
        return rows

    def rows_out_of_place(self) -> Iterator[Problem]:
        """Report components that are gone, codes that stand twice, and figures beside no code of the form."""
        rows = self.rows()
        for code, name, _ in self.key.components:
            if code not in rows:
                facts = {"component": code, "name": name}
                yield Problem(self.file, None, "", "", "expect.form_row", facts, self.sheet.title)
        for row, code in self._codes():
            if code in rows and rows[code] != row:
                yield self._problem(row, "A", "expect.form_code_once", first=f"A{rows[code]}")
            elif code not in rows:
                typed = [c for c in INPUTS if cells.plain(self.sheet[f"{COLUMNS[c]}{row}"])]
                if typed:
                    yield self._problem(row, COLUMNS[typed[0]], "expect.form_code")

    def answer(self, component: str, row: int) -> tuple[Answer, list[Problem]]:
        """Read one row; a row with a problem has no answer that counts."""
        maximum = next(most for code, _, most in self.key.components if code == component)
        inputs = {name: self.sheet[f"{COLUMNS[name]}{row}"] for name in INPUTS}
        read = {name: cells.points(inputs[name], maximum) for name in POINTS}
        read |= {name: cells.words(self._seen(inputs[name])) for name in TEXTS}
        read["due"] = cells.day(inputs["due"], *due_days(self.key.target_year))
        problems = [
            self._problem(row, COLUMNS[name], cell.expected[0], **cell.expected[1])
            for name, cell in read.items()
            if cell.expected
        ]
        values: dict[str, Any] = {name: cell.value for name, cell in read.items()}
        merged = list(
            self._merged_away(row, {name: cell for name, cell in inputs.items() if name not in TEXTS})
        )
        problems += merged
        if not merged and not any(read[name].expected for name in FIGURES):
            problems += self._wrong_figures(row, values) or self._doubtful(component, row, values)
        values |= {name: values[name] or "" for name in TEXTS}
        return Answer(component, **values), problems

    def _wrong_figures(self, row: int, values: dict[str, Any]) -> list[Problem]:
        """Report some of the three without the others, or a low above and a high below the likely one."""
        missing = [name for name in FIGURES if values[name] is None]
        if len(missing) == len(FIGURES):
            return []
        if missing:
            return [self._problem(row, COLUMNS[name], "expect.all_three") for name in missing]
        low, likely, high = (values[name] for name in FIGURES)
        wrong = [("low", "expect.form_low")] if low > likely else []
        wrong += [("high", "expect.form_high")] if high < likely else []
        return [self._problem(row, COLUMNS[name], key, likely=likely) for name, key in wrong]

    def _doubtful(self, component: str, row: int, values: dict[str, Any]) -> list[Problem]:
        """Report one figure that may have lost its decimal mark: beside another, or last year's points."""
        last = self.last.get(component)
        own, likely = values["self_score"], values["likely"]
        apart = partial(may_have_slipped, criterion=is_criterion(component))
        if self.insist:
            return []
        if own is not None and likely is not None and apart(own, likely):
            column = COLUMNS["self_score" if own < likely else "likely"]
            return [self._problem(row, column, "expect.form_slipped", self_score=own, likely=likely)]
        for name in ("likely", "self_score"):
            if last is not None and values[name] is not None and apart(values[name], last):
                return [self._problem(row, COLUMNS[name], "expect.form_before", last=last)]
        return []

    def without_ranges(self, answers: Sequence[Answer]) -> Iterator[Problem]:
        """Report a form without any range: what low and high mean was not understood."""
        said = [answer for answer in answers if answer.likely is not None]
        if not self.insist and len(said) >= _SEVERAL and all(answer.low == answer.high for answer in said):
            yield self._problem(
                self.rows()[said[0].component], COLUMNS["low"], "expect.form_range", count=len(said)
            )

    def _merged_away(self, row: int, inputs: Mapping[str, Cell | MergedCell]) -> Iterator[Problem]:
        """Report figures and days that a merged range covers: whose they are is not said."""
        for name, cell in inputs.items():
            first = self._seen(cell)
            if first is not cell and first.value is not None:
                facts = {"first": first.coordinate, "value": cells.as_seen(first)}
                yield self._problem(row, COLUMNS[name], "expect.form_not_merged", **facts)

    def _seen(self, cell: Cell | MergedCell) -> Cell | MergedCell:
        """Give the cell whose words are seen at a cell: of a merged range its first."""
        for span in self.sheet.merged_cells.ranges if isinstance(cell, MergedCell) else ():
            if cell.coordinate in span:
                return self.sheet.cell(span.min_row, span.min_col)
        return cell

    def _codes(self) -> list[tuple[int, str]]:
        rows = range(FIRST_ROW, min(self.sheet.max_row, MOST_ROWS) + 1)
        return [(row, cells.plain(self.sheet[f"{COLUMNS['code']}{row}"])) for row in rows]

    def _problem(self, row: int, column: str, key: str, **facts: Any) -> Problem:
        value = cells.as_seen(self.sheet[f"{column}{row}"])
        return Problem(self.file, row, column, value, key, facts, self.sheet.title)
