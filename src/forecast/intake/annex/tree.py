"""Read the Ministry's annex of criteria as a tree of components, and list everything that is wrong in it."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from forecast.base.errors import DataError, Problem, SpecError
from forecast.base.labels import Phrase
from forecast.base.spelling import letters_of
from forecast.data.framework import WHOLE
from forecast.data.numbering import DEEPEST, Path, code_of
from forecast.data.tables import DOMAINS
from forecast.intake.annex.entries import DETAILS, Entry, Total, read_entries
from forecast.intake.annex.headings import Layout, find_layout, missing_roles, parse_columns
from forecast.intake.annex.scoring import Scoring, scoring
from forecast.intake.figures import plain_number
from forecast.intake.grid import Cell, Grid, Spot, fold_repeats
from forecast.intake.reading import read_grids

TOLERANCE: Final = 0.005  # as the door to the data has it
_YEAR: Final = re.compile(r"\b(?:19|20)\d\d\b")
_MAXIMUM: Final = re.compile(
    r"(?:tối đa:?\s*)?(\d{1,15}(?:[.,]\d{1,4})?)\s*(?:điểm|đ)?\.?", flags=re.IGNORECASE | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Item:
    """One domain, criterion or sub-criterion."""

    path: Path  # its number, (1, 2, 3) for 1.2.3
    name: str
    maximum: float  # points; NaN where the annex gives none that can be read, which is a problem
    summed: bool  # the annex prints no maximum (or a formula), so it is the sum of what stands below
    scoring: Scoring  # what the columns beside the maximum and the lines below say
    # spot, max_spot: where its number or name, and its maximum, stand
    spot: Spot
    max_spot: Spot

    @property
    def code(self) -> str:
        """D1, 1.2 or 1.2.3."""
        return code_of(self.path)


@dataclass(frozen=True, slots=True, eq=False)
class Annex:
    """One annex as read: its items in order, what is wrong, and what a person should know."""

    grid: Grid
    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    remarks: tuple[Phrase, ...]
    source_spot: Spot | None

    def below(self, path: Path) -> tuple[Item, ...]:
        """Items one level below."""
        return tuple(item for item in self.items if item.path[:-1] == path)

    def leaves(self) -> tuple[Item, ...]:
        """Items with nothing below them."""
        parents = {item.path[:-1] for item in self.items}
        return tuple(item for item in self.items if item.path not in parents)


def read(path: FilePath, *, sheet: str = "", columns: Sequence[str] = ()) -> Annex:
    """Read an annex; what is wrong inside the table is kept in `problems`.

    `path`: .xlsx or .csv; `sheet`: name of the sheet; needed where several hold a table; `columns`: columns
    named by hand, such as ``Điểm tối đa=E``. Raises DataError if the file is refused, or no table of criteria
    is in it; SpecError if the sheet or a column is not known.
    """
    by_hand = parse_columns(columns)
    grids = read_grids(path, sheet)
    tables = [(grid, layout) for grid in grids if (layout := find_layout(grid, by_hand))]
    if not tables:
        seen = next(filter(None, map(missing_roles, grids)), "")
        key = "annex.no_table_seen" if seen else "annex.no_table"
        raise DataError([Problem(path.name, None, "", "", key, {"seen": seen})])
    if len(tables) > 1:
        raise SpecError("annex.several_sheets", {"sheets": [grid.title for grid, _ in tables]})
    grid, layout = tables[0]
    head = layout.last_row - 1, layout.last_row
    unclear = grid.misfits(head, layout.last_row + 1, _beside_maxima(layout))
    unclear += _maxima_of_years(grid, layout) or _other_maxima(grid, layout)
    if unclear:  # whatever else is wrong follows from it
        raise DataError(fold_repeats(unclear))
    return whole_annex(grid, layout)


def whole_annex(grid: Grid, layout: Layout) -> Annex:
    """Read one sheet whose table has been found."""
    read = read_entries(grid, layout)
    problems = [*read.problems, *([] if read.entries else [grid.whole_problem("annex.no_entries")])]
    misnumbered = list(_misnumbered(grid, read.entries))
    problems += misnumbered
    repeated = any(problem.expected_key.startswith("annex.repeat") for problem in misnumbered)
    once = {entry.path: entry for entry in reversed(read.entries)}
    entries = [entry for entry in read.entries if once[entry.path] is entry]
    maxima, wrong = _maxima(grid, entries)
    problems += wrong
    items = []
    for entry in entries:
        read_scoring, wrong = scoring(grid, entry, maxima[entry.path])
        problems += wrong
        known = maxima[entry.path], _prints_none(entry), read_scoring
        items.append(Item(entry.path, entry.name, *known, entry.spot, entry.max_spot))
    if not (read.problems or repeated):  # else a row is missing from the sums, and reported already
        wrong = list(_sums(grid, items, read.totals))
        problems += [*wrong, *read.doubtful, *_cut_maxima(grid, layout, entries)] if wrong else []
    spot = next(((layout.last_row, column.column) for column in layout.of("source")), None)
    return Annex(grid, tuple(items), tuple(problems), (*_remarks(grid, entries, items), *grid.hidden()), spot)


def _beside_maxima(layout: Layout) -> set[int]:
    """Columns of words into which a CSV with commas puts the decimals of a maximum."""
    maxima = {column.column + 1 for column in layout.of("max")}
    return maxima & {column.column for column in layout.of(*DETAILS)}


def _cut_maxima(grid: Grid, layout: Layout, entries: Sequence[Entry]) -> list[Problem]:
    """Report decimals that stand among words, where the maxima do not add up."""
    spots = [(row, column + 1) for row, column in (entry.max_spot for entry in entries if entry.maximum)]
    beside = _beside_maxima(layout)
    return list(filter(None, (grid.cut_off(*spot) for spot in spots if spot[1] in beside)))


def _maxima_of_years(grid: Grid, layout: Layout) -> list[Problem]:
    """Report maxima of several years side by side: a person says which are meant."""
    maxima = {column.column: set(_YEAR.findall(column.label)) for column in layout.of("max")}
    if len({year for years in maxima.values() for year in years}) < 2:
        return []
    labels = [column.label for column in layout.of("max")]
    return [
        grid.problem(layout.last_row, column, "annex.several_maxima", seen=labels, column=letters_of(column))
        for column, years in maxima.items()
        if years
    ]


def _other_maxima(grid: Grid, layout: Layout) -> list[Problem]:
    """Report a second column of maxima that has another figure in a row: a person says which is meant."""
    columns = layout.of("max")
    if len(columns) in (1, DEEPEST):  # one for each level has no other
        return []
    first, *others = [column.column for column in columns]
    for other in others:
        rows = ((row, grid.cells.get((row, first)), grid.cells.get((row, other))) for row in grid.rows)
        pairs = [
            (row, one.text, two.text)
            for row, one, two in rows
            if row > layout.last_row and one and two and not layout.is_heading(grid, row)
        ]
        differ = [pair for pair in pairs if plain_number(pair[1]) != plain_number(pair[2])]
        if differ:
            row, one, two = differ[0]
            facts = {"first": letters_of(first), "column": letters_of(other), "count": len(differ)}
            seen = {"row": row, "one": one, "other": two}
            return [grid.problem(layout.last_row, other, "annex.two_maxima", **facts, **seen)]
    return []


def _prints_none(entry: Entry) -> bool:
    """Whether an entry has no maximum of its own: none, or a formula."""
    return entry.maximum is None or entry.maximum.kind == "formula"


def _misnumbered(grid: Grid, entries: Sequence[Entry]) -> Iterator[Problem]:
    """Report what repeats a number, has no parent or leaves a number out."""
    entries_by_path: dict[Path, Entry] = {}
    latest: dict[Path, int] = defaultdict(int)
    for entry in entries:
        *above, number = entry.path
        parent = tuple(above)
        code = code_of(entry.path)
        awaited = latest[parent] + 1
        cell = grid.cells.get(entry.spot)
        # 1.10 entered as a number is kept as 1.1
        turned = cell is not None and cell.kind == "number" and awaited == 10 * number
        facts: dict[str, Any] = {"code": code, "awaited": code_of((*parent, awaited))}
        if entry.path in entries_by_path:
            first = entries_by_path[entry.path].spot
            key = "annex.repeat_number" if turned else "annex.repeat"
            yield grid.problem(*entry.spot, key, **facts, first=f"{letters_of(first[1])}{first[0]}")
        elif parent and parent not in entries_by_path:
            yield grid.problem(*entry.spot, "annex.no_parent", code=code, parent=code_of(parent))
        elif len(entry.path) == 1 and code not in DOMAINS:
            yield grid.problem(*entry.spot, "annex.domains", code=code, last=DOMAINS[-1])
        elif number > awaited or turned:  # a lower one fills a gap that is reported already
            yield grid.problem(*entry.spot, "annex.gap_number" if turned else "annex.gap", **facts)
        entries_by_path.setdefault(entry.path, entry)
        latest[parent] = awaited if turned else max(number, latest[parent])


def _maxima(grid: Grid, entries: Sequence[Entry]) -> tuple[dict[Path, float], list[Problem]]:
    """Read the maxima; of a parent without one, add up what stands below it."""
    parents = {entry.path[:-1] for entry in entries}
    maxima: dict[Path, float] = {}
    problems: list[Problem] = []
    high: list[Path] = []
    for entry in sorted(entries, key=lambda entry: -len(entry.path)):
        if _prints_none(entry) and entry.path in parents:
            below = [other.path for other in entries if other.path[:-1] == entry.path]
            maxima[entry.path] = round(math.fsum(maxima[path] for path in below), 4)
            continue
        value, key = parse_maximum(entry.maximum)
        maxima[entry.path] = value
        if key:
            problems.append(grid.problem(*entry.max_spot, key, code=code_of(entry.path), high=WHOLE))
            high += [entry.path] if key == "annex.maximum_high" else []
    problems += _lost_marks(grid, math.fsum(points for path, points in maxima.items() if len(path) == 1))
    return {**maxima, **dict.fromkeys(high, math.nan)}, problems


def parse_maximum(cell: Cell | None) -> tuple[float, str]:
    """Read a maximum in points; what is wrong with it is a key of the catalogue, ``""`` if nothing is."""
    if cell is None:
        return math.nan, "annex.maximum_missing"
    if cell.kind in ("formula", "day"):
        return math.nan, f"annex.maximum_{cell.kind}"
    match = _MAXIMUM.fullmatch(cell.text)
    if not match:
        negative = cell.text.startswith("-") and _MAXIMUM.fullmatch(cell.text[1:])
        return math.nan, "annex.maximum_positive" if negative else "annex.maximum"
    value = float(match[1].replace(",", "."))
    if value == 0:
        return math.nan, "annex.maximum_positive"
    return value, "" if value <= WHOLE else "annex.maximum_high"


def _lost_marks(grid: Grid, whole: float) -> Iterator[Problem]:
    """Report maxima that give ten or a hundred times what they must, 95 for 9,5, or so little of it."""
    for times in (10, 100, 1000):
        if abs(whole / times - WHOLE) <= TOLERANCE:
            yield grid.whole_problem("annex.lost_marks", sum=round(whole, 4), times=times)
        if abs(whole * times - WHOLE) <= TOLERANCE:
            yield grid.whole_problem("annex.moved_marks", sum=round(whole, 4), times=times)


def _sums(grid: Grid, items: Sequence[Item], totals: Sequence[Total]) -> Iterator[Problem]:
    """Report parents whose children do not add up to them, and sums that are not what they sum up."""
    own = {item.path: item for item in items}
    children: Mapping[Path, list[float]] = defaultdict(list)
    for item in items:
        children[item.path[:-1]].append(item.maximum)
    sums = {path: round(math.fsum(below), 4) for path, below in children.items()}
    for path, total in sums.items():
        if path in own and abs(total - own[path].maximum) > TOLERANCE:
            facts: dict[str, Any] = {"code": own[path].code, "sum": total, "maximum": own[path].maximum}
            yield grid.problem(*own[path].max_spot, "annex.sum", **facts)
    whole = sums.get((), 0.0)
    reported = False
    for printed in totals:
        value, key = parse_maximum(printed.cell)
        domain = own.get((printed.domain,))
        allowed = [domain.maximum if domain else math.nan] if printed.named else [whole]
        if not printed.named and domain and printed is not totals[-1]:  # the last is the whole's
            allowed.append(domain.maximum)
        if printed.cell.kind == "formula" or math.isnan(allowed[0]):  # what is missing is told already
            continue
        if key or all(abs(value - due) > TOLERANCE for due in allowed):
            reported = reported or abs(value - WHOLE) <= TOLERANCE
            yield grid.problem(printed.cell.row, printed.cell.column, "annex.total", sum=allowed[-1])
    if items and not reported and abs(whole - WHOLE) > TOLERANCE:
        yield grid.whole_problem("annex.whole", sum=whole)


def _remarks(grid: Grid, entries: Sequence[Entry], items: Sequence[Item]) -> Iterator[Phrase]:
    for entry in entries:
        if entry.from_day:
            at = f"{letters_of(entry.spot[1])}{entry.spot[0]}"
            cell = f"{grid.sheet}!{at}" if grid.sheet else at
            facts = {"cell": cell, "found": grid.cells[entry.spot].text, "code": code_of(entry.path)}
            yield Phrase("annex.remark.day", facts)
    summed = [item.code for item in items if item.summed and not math.isnan(item.maximum)]
    prose = [item.code for item in items if item.scoring.prose]
    for key, codes in (("annex.remark.summed", summed), ("annex.remark.prose", prose)):
        if codes:
            yield Phrase(key, {"codes": codes})
    unread = [f"{item.code} “{item.scoring.unread}”" for item in items if item.scoring.unread]
    if unread:
        yield Phrase("annex.remark.unread", {"count": len(unread), "lines": unread})
