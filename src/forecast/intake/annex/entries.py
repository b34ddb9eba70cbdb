"""Read the rows of an annex as entries: a number, a name, a maximum and the cells beside them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from forecast.base.errors import Problem
from forecast.base.spelling import plain_words, spans
from forecast.data.numbering import DEEPEST, Mark, Numbering, Path, day_mark, split_mark, whole_mark
from forecast.intake.annex.headings import Column, Layout, Role
from forecast.intake.annex.step_lines import read_step
from forecast.intake.grid import Cell, Grid, Spot

DETAILS: Final[tuple[Role, ...]] = ("note", "responsible", "source", "rule", "indicator", "deadline")
_SPREADING: Final = ("responsible", "source", "deadline")  # one merged cell speaks for all its rows
_INDEX: Final = re.compile(r"\(?(\d{1,2})\)?|[A-ZĐ]|\(?(\d)\)?\s*=.*")
_BULLET: Final = re.compile(r"[-–+•*]|[a-zđ]\s*[).]")
_BELOW_TABLE: Final = ("ghi chu", "chu thich", "luu y", "noi nhan", "note")
_TOTALS: Final = frozenset(
    "tong cong total so diem toi da cac cua linh vuc chung i ii iii iv v vi vii viii".split()
)
_TICKS: Final = ("x", "v", "co")
_MAX_IN_NAME: Final = re.compile(r"(.+?)\s*\(\s*(\d+(?:[.,]\d+)?)\s*(?:điểm|đ)\s*\)", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Title:
    """A number and a name in one cell or two of a row, or a text alone."""

    mark: Mark | None
    name: str
    spot: Spot
    level: int = 0
    steps: tuple[str, ...] = ()


@dataclass(slots=True)
class Entry:
    """One domain, criterion or sub-criterion as printed; lines below it are added as they come."""

    path: Path
    name: str
    spot: Spot
    maximum: Cell | None
    max_spot: Spot
    details: Mapping[Role, Cell]
    from_day: bool = False
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Total:
    """A row with a sum: of the whole, or of the domain that it is in or names."""

    cell: Cell
    domain: int
    named: bool


@dataclass(slots=True)
class Entries:
    """All that a sheet holds.

    `doubtful` speaks of texts with points and without number: lines of scoring, if all sums are right
    without them, else components that have lost their numbers.
    """

    entries: list[Entry] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    doubtful: list[Problem] = field(default_factory=list)


def read_entries(grid: Grid, layout: Layout) -> Entries:
    """Read all rows below the heading; what cannot be placed is a problem, never left out in silence."""
    return _Reader(grid, layout).read()


class _Reader:
    def __init__(self, grid: Grid, layout: Layout) -> None:
        self.grid = grid
        self.layout = layout
        self.all = Entries()
        self.open = False  # whether texts without number belong to the entry above
        self.levels = _levels_by_order(grid, layout)
        self.titles = dict(self._table_rows())
        marks = [title.mark for titles in self.titles.values() for title in titles if title.mark]
        if not marks:
            self.titles = _numbered_by_order(self.titles)
        self.numbering = Numbering(marks)

    def read(self) -> Entries:
        for row, titles in self.titles.items():
            text = " ".join(title.name for title in titles)
            if any(title.mark for title in titles):
                self._enter(row, [title for title in titles if title.mark or title.name])
            elif _is_total(text):
                self._total(row, text)
            else:
                self._line(row, text, titles)
        return self.all

    # ---- rows

    def _table_rows(self) -> Iterator[tuple[int, tuple[Title, ...]]]:
        """Rows of the table without the notes below it, or at the foot of a page, which may be numbered."""
        rows = {row: self._titles(row) for row in self.grid.rows if self._is_body(row)}
        numbered = {row for row, titles in rows.items() if any(title.mark for title in titles)}
        last = max((row for row in numbered if self._maxima(row)), default=0)
        notes = False
        for row in self.grid.rows:
            titles = rows.get(row)
            if titles is None:
                notes = False  # the heading of the next page
                continue
            below = row not in numbered and any(plain_words(p.name).startswith(_BELOW_TABLE) for p in titles)
            notes = not self._maxima(row) and (below or notes)
            if not notes or (row < last and row not in numbered):
                yield row, titles

    def _is_body(self, row: int) -> bool:
        if row <= self.layout.last_row or self.layout.is_heading(self.grid, row):
            return False
        texts = [cell.text for cell in self.grid.row(row)]
        of_page = len(texts) == 1 and texts[0].isdigit() and len(texts[0]) > 1
        return not (of_page or _counts_columns(texts))

    def _enter(self, row: int, titles: Sequence[Title]) -> None:
        for place, title in enumerate(titles):
            last = place == len(titles) - 1
            if title.mark is None:  # more text beside a numbered name
                self._add_line(title.name)
                continue
            mark = replace(title.mark, level=title.mark.level or title.level)
            path = self.numbering.path(mark, self._context())
            if not last and self._is_current(path, title.name):
                continue  # repeated in front of each row that belongs to it
            if not self._placed(mark, path, title):
                continue
            name, maximum, spot = self._maximum(row, title, len(path), last=last)
            details = self._details(row) if last else {}
            entry = Entry(path, name, title.spot, maximum, spot, details, bool(mark.days), list(title.steps))
            self.all.entries.append(entry)
            self.open = True

    def _placed(self, mark: Mark, path: Path, title: Title) -> bool:
        wrong = {
            "annex.number_day": mark.days and not path,
            "annex.too_deep": len(path) > DEEPEST,
            "annex.nothing_above": not mark.days and len(path) < self.numbering.level(mark),
            "annex.no_name": not title.name,
        }
        key = next((key for key, holds in wrong.items() if holds), "")
        if key:
            self.all.problems.append(self.grid.problem(*title.spot, key))
        return not key

    def _total(self, row: int, text: str) -> None:
        named, _ = split_mark(text.rsplit(maxsplit=1)[-1] + ". x")
        self.open = False  # below a sum stand signatures, not lines of scoring
        context = self._context()
        domain = named.parts[0] if named else context[0] if context else 0
        self.all.totals += [Total(cell, domain, bool(named)) for cell in self._maxima(row)[:1]]

    def _line(self, row: int, text: str, titles: Sequence[Title]) -> None:
        """Keep a text without number under what stands above; with a maximum it must be a line of scoring."""
        maxima = self._maxima(row)
        if not text:
            if self.all.entries and maxima and maxima[0].kind != "formula":
                self.all.problems.append(self.grid.problem(row, maxima[0].column, "annex.stray_maximum"))
            note = self._details(row).get("note")
            self._add_line(note.text if note else "")
            return
        whole = f"{text}: {maxima[0].text}" if maxima else text
        if maxima and not (read_step(whole) or _BULLET.match(text)):
            unread = titles[0].spot[1] in [column.column for column in self.layout.of("number")]
            problems = self.all.problems if unread or not self.open else self.all.doubtful
            problems.append(self.grid.problem(*titles[0].spot, "annex.no_number"))
        for line in (whole, *(step for title in titles for step in title.steps)):
            self._add_line(line)

    def _add_line(self, text: str) -> None:
        if self.open and text:
            self.all.entries[-1].lines.append(text)

    # ---- cells

    def _titles(self, row: int) -> tuple[Title, ...]:
        titles: list[Title] = []
        pending: list[tuple[Mark, Spot, int]] = []
        for column in self.layout.of("number", "name"):
            spot = (row, column.column)
            cell = self.grid.cells.get(spot)
            if cell is None or not re.search(r"\w", cell.text):
                continue
            if cell.kind == "formula":
                self.all.problems.append(self.grid.problem(*spot, "annex.formula_text"))
                continue
            mark = day_mark(cell.text) if cell.kind == "day" else whole_mark(cell.text)
            if mark:
                pending.append((mark, spot, column.level or self.levels.get(column.column, 0)))
                continue
            titles.append(_title(cell, column, pending))
            pending = []
        if pending:
            mark, spot = _joined(pending)
            titles.append(Title(mark, "", spot))
        return tuple(titles)

    def _maxima(self, row: int) -> list[Cell]:
        cells = (self.grid.cells.get((row, column.column)) for column in self.layout.of("max"))
        return [cell for cell in cells if cell]

    def _maximum(self, row: int, title: Title, level: int, *, last: bool) -> tuple[str, Cell | None, Spot]:
        """Give the name, the maximum and its spot; the maximum may stand behind the name, in brackets."""
        columns = self.layout.of("max")
        if len(columns) == DEEPEST:
            own = [column for place, column in enumerate(columns, 1) if (column.level or place) == level]
        else:
            own = list(columns[:1]) if last else []
        spot = (row, own[0].column) if own else title.spot
        cell = self.grid.cells.get(spot) if own else None
        behind = _MAX_IN_NAME.fullmatch(title.name)
        if cell is None and behind:
            return behind[1], Cell(*title.spot, (behind[2],)), title.spot
        return title.name, cell, spot

    def _details(self, row: int) -> dict[Role, Cell]:
        details: dict[Role, Cell] = {}
        for column in self.layout.of(*DETAILS):
            cell = self.grid.cells.get((row, column.column))
            if cell is None and column.role in _SPREADING:
                above = self.grid.covering(row, column.column)
                cell = above if above and above.column == column.column else None
            if cell and column.role == "source" and plain_words(cell.text) in _TICKS:  # a column a source
                cell = replace(cell, lines=(column.label,))
            if cell:
                details[column.role] = cell
        return details

    def _context(self) -> Path:
        return self.all.entries[-1].path if self.all.entries else ()

    def _is_current(self, path: Path, name: str) -> bool:
        """Whether a path and name are those of the last entry or of one above it."""
        if not path or self._context()[: len(path)] != path:
            return False
        names = (entry.name for entry in reversed(self.all.entries) if entry.path == path)
        return not name or plain_words(next(names, "")) == plain_words(_MAX_IN_NAME.sub(r"\1", name))


def _title(cell: Cell, column: Column, pending: Sequence[tuple[Mark, Spot, int]]) -> Title:
    steps = tuple(line for line in cell.lines[1:] if read_step(line))
    text = " ".join(line for line in cell.lines if line not in steps)
    inside, rest = split_mark(text)
    if not pending:
        return Title(inside, rest, (cell.row, cell.column), column.level, steps)
    mark, spot = _joined(pending)
    name = rest if inside and inside.parts == mark.parts else text
    return Title(mark, name, spot, column.level, steps)


def _joined(pending: Sequence[tuple[Mark, Spot, int]]) -> tuple[Mark, Spot]:
    """Read the numbers in front of a name as one: the last if it has points in it, else all together."""
    mark, spot, level = pending[-1]
    if len(pending) > 1 and all(len(single.parts) == 1 for single, _, _ in pending):
        parts = tuple(single.parts[0] for single, _, _ in pending)
        return Mark(parts, "plain", max(level, len(parts))), spot
    return replace(mark, level=mark.level or level), spot


def _levels_by_order(grid: Grid, layout: Layout) -> dict[int, int]:
    """Levels of several columns of numbers, the domains' first, where their headings say none."""
    columns = [column.column for column in layout.of("number")]
    used = {
        cell.column
        for cell in grid.cells.values()
        if cell.row > layout.last_row and cell.column in columns and whole_mark(cell.text)
    }
    return {column: place for place, column in enumerate(columns, 1)} if len(used) > 1 else {}


def _numbered_by_order(rows: Mapping[int, tuple[Title, ...]]) -> dict[int, tuple[Title, ...]]:
    """Number names that stand in a column of their level, where a sheet has no numbers at all."""
    counts = [0] * (DEEPEST + 1)

    def rows_with_mark(title: Title) -> Title:
        if not title.level or _is_total(title.name):
            return title
        counts[title.level] += 1
        counts[title.level + 1 :] = [0] * (DEEPEST - title.level)
        return replace(title, mark=Mark((counts[title.level],), "plain", title.level))

    return {row: tuple(map(rows_with_mark, titles)) for row, titles in rows.items()}


def _counts_columns(texts: Iterable[str]) -> bool:
    """Tell a row that numbers the columns from one that is short.

    >>> _counts_columns(["A", "B", "1", "2", "3=1+2"]), _counts_columns(["1", "A", "9", "5"])
    (True, False)
    """
    found = [_INDEX.fullmatch(text) for text in texts]
    numbers = [int(each[1] or each[2]) for each in found if each and (each[1] or each[2])]
    in_order = len(list(spans(numbers))) <= 1
    return len(found) > 2 and all(found) and in_order


def _is_total(text: str) -> bool:
    first, *rest = plain_words(text).split() or [""]
    return first in ("tong", "cong", "total") and all(word in _TOTALS or word.isdigit() for word in rest)
