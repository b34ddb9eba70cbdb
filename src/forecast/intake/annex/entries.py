"""From the rows of a sheet to its entries: a number, a name, a maximum and what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from forecast.base.errors import Problem
from forecast.base.spelling import plain_words
from forecast.intake.annex.headings import Column, Layout, Role
from forecast.intake.annex.scoring import read_step
from forecast.intake.grid import Cell, Grid, Spot
from forecast.intake.numbering import DEEPEST, Mark, Numbering, Path, day_mark, split_mark, whole_mark

BESIDE: Final[tuple[Role, ...]] = ("note", "responsible", "source", "rule", "indicator", "deadline")
_SPREADING: Final = ("responsible", "source", "deadline")  # one merged cell speaks for all its rows
_INDEX: Final = re.compile(r"\(?\d{1,2}\)?|[A-ZĐ]|\(?\d\)?\s*=.*")
_BULLET: Final = re.compile(r"[-–+•*]|[a-zđ]\s*[).]")
_BELOW_TABLE: Final = ("ghi chu", "chu thich", "luu y", "noi nhan", "note")
_TOTALS: Final = frozenset(
    "tong cong total so diem toi da cac cua linh vuc chung i ii iii iv v vi vii viii".split()
)
_TICKS: Final = ("x", "v", "co")
_MAX_IN_NAME: Final = re.compile(r"(.+?)\s*\(\s*(\d+(?:[.,]\d+)?)\s*(?:điểm|đ)\s*\)", flags=re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """What one cell or two of a row say: a number and a name, or a text alone."""

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
    beside: Mapping[Role, Cell]
    from_day: bool = False
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Total:
    """A row that sums up: the whole, or the domain it stands in or names."""

    cell: Cell
    domain: int
    named: bool


@dataclass(slots=True)
class Walk:
    """Everything found in a sheet.

    `doubtful` speaks of texts with points and without number: lines of scoring, if all sums are right
    without them, else components that have lost their numbers.
    """

    entries: list[Entry] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    doubtful: list[Problem] = field(default_factory=list)


def walk(grid: Grid, layout: Layout) -> Walk:
    """Read all rows below the heading; what cannot be placed is a problem, never left out in silence."""
    return _Walker(grid, layout).walk()


class _Walker:
    def __init__(self, grid: Grid, layout: Layout) -> None:
        self.grid = grid
        self.layout = layout
        self.found = Walk()
        self.open = False  # whether texts without number belong to the entry above
        self.levels = _levels_by_order(grid, layout)
        self.pieces = dict(self._within_table())
        marks = [piece.mark for pieces in self.pieces.values() for piece in pieces if piece.mark]
        if not marks:
            self.pieces = _numbered_by_order(self.pieces)
        self.numbering = Numbering(marks)

    def walk(self) -> Walk:
        for row, pieces in self.pieces.items():
            text = " ".join(piece.name for piece in pieces)
            if any(piece.mark for piece in pieces):
                self._enter(row, [piece for piece in pieces if piece.mark or piece.name])
            elif _is_total(text):
                self._total(row, text)
            else:
                self._line(row, text, pieces)
        return self.found

    # ---- rows

    def _within_table(self) -> Iterator[tuple[int, tuple[Piece, ...]]]:
        """Rows of the table without the notes below it, or at the foot of a page, which may be numbered."""
        rows = {row: self._pieces(row) for row in self.grid.rows if self._is_body(row)}
        numbered = {row for row, pieces in rows.items() if any(piece.mark for piece in pieces)}
        last = max((row for row in numbered if self._maxima(row)), default=0)
        notes = False
        for row in self.grid.rows:
            pieces = rows.get(row)
            if pieces is None:
                notes = False  # the heading of the next page
                continue
            below = row not in numbered and any(plain_words(p.name).startswith(_BELOW_TABLE) for p in pieces)
            notes = not self._maxima(row) and (below or notes)
            if not notes or (row < last and row not in numbered):
                yield row, pieces

    def _is_body(self, row: int) -> bool:
        if row <= self.layout.last_row or self.layout.is_heading(self.grid, row):
            return False
        cells = list(self.grid.row(row))
        return len(cells) < 3 or not all(_INDEX.fullmatch(cell.text) for cell in cells)

    def _enter(self, row: int, pieces: Sequence[Piece]) -> None:
        for place, piece in enumerate(pieces):
            last = place == len(pieces) - 1
            if piece.mark is None:  # more text beside a numbered name
                self._add_line(piece.name)
                continue
            mark = replace(piece.mark, level=piece.mark.level or piece.level)
            path = self.numbering.path(mark, self._context())
            if not last and self._is_current(path, piece.name):
                continue  # repeated in front of each row that belongs to it
            if not self._placed(mark, path, piece):
                continue
            name, maximum, spot = self._maximum(row, piece, len(path), last=last)
            beside = self._beside(row) if last else {}
            entry = Entry(path, name, piece.spot, maximum, spot, beside, bool(mark.days), list(piece.steps))
            self.found.entries.append(entry)
            self.open = True

    def _placed(self, mark: Mark, path: Path, piece: Piece) -> bool:
        key = ""
        if mark.days and not path:
            key = "annex.number_day"
        elif len(path) > DEEPEST:
            key = "annex.too_deep"
        elif not mark.days and len(path) < self.numbering.level(mark):
            key = "annex.nothing_above"
        elif not piece.name:
            key = "annex.no_name"
        if key:
            self.found.problems.append(self.grid.problem(*piece.spot, key))
        return not key

    def _total(self, row: int, text: str) -> None:
        named, _ = split_mark(text.rsplit(maxsplit=1)[-1] + ". x")
        self.open = False  # below a sum stand signatures, not lines of scoring
        context = self._context()
        domain = named.parts[0] if named else context[0] if context else 0
        self.found.totals += [Total(cell, domain, bool(named)) for cell in self._maxima(row)[:1]]

    def _line(self, row: int, text: str, pieces: Sequence[Piece]) -> None:
        """Keep a text without number under what stands above; with a maximum it must be a line of scoring."""
        maxima = self._maxima(row)
        if not text:
            if self.found.entries and maxima and maxima[0].kind != "formula":
                self.found.problems.append(self.grid.problem(row, maxima[0].column, "annex.stray_maximum"))
            beside = self._beside(row)
            self._add_line(beside["note"].text if "note" in beside else "")
            return
        whole = f"{text}: {maxima[0].text}" if maxima else text
        if maxima and not (read_step(whole) or _BULLET.match(text)):
            numbers = [each.column for each in self.layout.of("number")]
            unread = pieces[0].spot[1] in numbers
            told = self.found.problems if unread or not self.open else self.found.doubtful
            told.append(self.grid.problem(*pieces[0].spot, "annex.no_number"))
        for line in (whole, *(step for piece in pieces for step in piece.steps)):
            self._add_line(line)

    def _add_line(self, text: str) -> None:
        if self.open and text:
            self.found.entries[-1].lines.append(text)

    # ---- cells

    def _pieces(self, row: int) -> tuple[Piece, ...]:
        pieces: list[Piece] = []
        pending: list[tuple[Mark, Spot, int]] = []
        for column in self.layout.of("number", "name"):
            spot = (row, column.column)
            cell = self.grid.cells.get(spot)
            if cell is None or not re.search(r"\w", cell.text):
                continue
            if cell.kind == "formula":
                self.found.problems.append(self.grid.problem(*spot, "annex.formula_text"))
                continue
            mark = day_mark(cell.text) if cell.kind == "day" else whole_mark(cell.text)
            if mark:
                pending.append((mark, spot, column.level or self.levels.get(column.column, 0)))
                continue
            pieces.append(_piece(cell, column, pending))
            pending = []
        if pending:
            mark, spot = _joined(pending)
            pieces.append(Piece(mark, "", spot))
        return tuple(pieces)

    def _maxima(self, row: int) -> list[Cell]:
        found = (self.grid.cells.get((row, each.column)) for each in self.layout.of("max"))
        return [cell for cell in found if cell]

    def _maximum(self, row: int, piece: Piece, level: int, *, last: bool) -> tuple[str, Cell | None, Spot]:
        """Give the name, the maximum and its spot; the maximum may stand behind the name, in brackets."""
        columns = self.layout.of("max")
        if len(columns) == DEEPEST:
            own = [each for place, each in enumerate(columns, 1) if (each.level or place) == level]
        else:
            own = list(columns[:1]) if last else []
        spot = (row, own[0].column) if own else piece.spot
        cell = self.grid.cells.get(spot) if own else None
        behind = _MAX_IN_NAME.fullmatch(piece.name)
        if cell is None and behind:
            return behind[1], Cell(*piece.spot, (behind[2],)), piece.spot
        return piece.name, cell, spot

    def _beside(self, row: int) -> dict[Role, Cell]:
        found: dict[Role, Cell] = {}
        for each in self.layout.of(*BESIDE):
            cell = self.grid.cells.get((row, each.column))
            if cell is None and each.role in _SPREADING:
                above = self.grid.covering(row, each.column)
                cell = above if above and above.column == each.column else None
            if (
                cell and each.role == "source" and plain_words(cell.text) in _TICKS
            ):  # a column for each source
                cell = replace(cell, lines=(each.label,))
            if cell:
                found[each.role] = cell
        return found

    def _context(self) -> Path:
        return self.found.entries[-1].path if self.found.entries else ()

    def _is_current(self, path: Path, name: str) -> bool:
        """Whether it is what the last entry is, or belongs to."""
        if not path or self._context()[: len(path)] != path:
            return False
        names = (entry.name for entry in reversed(self.found.entries) if entry.path == path)
        return not name or plain_words(next(names, "")) == plain_words(_MAX_IN_NAME.sub(r"\1", name))


def _piece(cell: Cell, column: Column, pending: Sequence[tuple[Mark, Spot, int]]) -> Piece:
    steps = tuple(line for line in cell.lines[1:] if read_step(line))
    text = " ".join(line for line in cell.lines if line not in steps)
    inside, rest = split_mark(text)
    if not pending:
        return Piece(inside, rest, (cell.row, cell.column), column.level, steps)
    mark, spot = _joined(pending)
    name = rest if inside and inside.parts == mark.parts else text
    return Piece(mark, name, spot, column.level, steps)


def _joined(pending: Sequence[tuple[Mark, Spot, int]]) -> tuple[Mark, Spot]:
    """Read the numbers in front of a name as one: the last if it has points in it, else all together."""
    mark, spot, level = pending[-1]
    if len(pending) > 1 and all(len(each.parts) == 1 for each, _, _ in pending):
        parts = tuple(each.parts[0] for each, _, _ in pending)
        return Mark(parts, "plain", max(level, len(parts))), spot
    return replace(mark, level=mark.level or level), spot


def _levels_by_order(grid: Grid, layout: Layout) -> dict[int, int]:
    """Levels of several columns of numbers, the domains' first, where their headings say none."""
    columns = [each.column for each in layout.of("number")]
    used = {
        cell.column
        for cell in grid.cells.values()
        if cell.row > layout.last_row and cell.column in columns and whole_mark(cell.text)
    }
    return {column: place for place, column in enumerate(columns, 1)} if len(used) > 1 else {}


def _numbered_by_order(rows: Mapping[int, tuple[Piece, ...]]) -> dict[int, tuple[Piece, ...]]:
    """Number names that stand in a column of their level, where a sheet has no numbers at all."""
    counts = [0] * (DEEPEST + 1)

    def numbered(piece: Piece) -> Piece:
        if not piece.level or _is_total(piece.name):
            return piece
        counts[piece.level] += 1
        counts[piece.level + 1 :] = [0] * (DEEPEST - piece.level)
        return replace(piece, mark=Mark((counts[piece.level],), "plain", piece.level))

    return {row: tuple(map(numbered, pieces)) for row, pieces in rows.items()}


def _is_total(text: str) -> bool:
    words: Iterable[str] = plain_words(text).split()
    first = next(iter(words), "")
    return first in ("tong", "cong", "total") and all(word in _TOTALS or word.isdigit() for word in words)
