"""Find where the table of an annex begins, and what each of its columns holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from forecast.base.errors import SpecError
from forecast.base.spec import refuse_unknown
from forecast.base.spelling import clean, column_of, letters_of, plain_words
from forecast.intake.grid import Grid

Role = Literal[
    "number", "name", "max", "note", "responsible", "source", "rule", "indicator", "deadline", "ignored"
]
ROLES: Final[tuple[str, ...]] = get_args(Role)

# Judged in this order on text without diacritics; the first that fits is taken.
_WORDINGS: Final[tuple[tuple[Role, str], ...]] = (
    ("ignored", r"bo qua"),
    ("number", r"(stt|tt|so tt|so thu tu|thu tu|so hieu|ma|ma so|code|no)( (linh vuc|tieu chi|tctp).*)?"),
    ("deadline", r".*(thoi han|han nop|han cuoi|han chot|han hoan thanh|deadline).*|han"),
    ("indicator", r"(ma |ten )?chi tieu.*|indicator.*"),
    ("rule", r".*(quy tac|cach cham|cach tinh|rule).*"),
    ("source", r".*(nguon|phuong thuc|phuong phap|hinh thuc|source).*"),
    ("responsible", r".*(co quan|chu tri|phu trach|chiu trach nhiem|responsible).*|(cac )?don vi(?! tinh).*"),
    ("note", r".*(ghi chu|dien giai|giai thich|note).*"),
    ("max", r".*(toi da|thang diem|diem chuan|muc diem|diem quy dinh|max).*|(so )?diem"),
    ("name", r".*(linh vuc|tieu chi|tctp|noi dung|criteri|domain).*|ten|name"),
)
_LONGEST: Final = 60  # characters of a heading; a title is longer
_LEVELS: Final = (("tieu chi thanh phan", 3), ("tctp", 3), ("tieu chi", 2), ("linh vuc", 1))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table; `level` is 1 (domain) to 3 (sub-criterion), 0 if it may hold any."""

    column: int
    role: Role
    level: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of an annex, and the last row of its heading."""

    columns: tuple[Column, ...]
    last_row: int

    def of(self, *roles: Role) -> tuple[Column, ...]:
        """Columns with one of the roles, from the left."""
        return tuple(column for column in self.columns if column.role in roles)

    def is_heading(self, grid: Grid, row: int) -> bool:
        """Tell a heading printed again, on a later page, by what stands where maxima should."""
        cells = ((grid.cells.get((row, column.column)), column.label) for column in self.of("max"))
        return any(cell and (role_of(cell.text) == "max" or cell.text == label) for cell, label in cells)


def role_of(text: str) -> Role | None:
    """Recognise a heading, whatever its spelling; None for other text.

    >>> role_of("Thang điểm"), role_of("CƠ QUAN CHỦ TRÌ"), role_of("1. Cải cách thể chế")
    ('max', 'responsible', None)
    """
    words = plain_words(re.sub(r"\(.*?\)", " ", text))
    if not words or len(words) > _LONGEST:
        return None
    if re.search(r"\d", words):  # of several years, “Điểm tối đa 2023”, or a title
        bare = clean(re.sub(r"\b(nam )?(19|20)\d\d\b", " ", words))
        return "max" if re.fullmatch(dict(_WORDINGS)["max"], bare) and "diem" in bare else None
    return next((role for role, wording in _WORDINGS if re.fullmatch(wording, words)), None)


def level_of(text: str) -> int:
    """Level that a heading names; 0 if it names none or several.

    >>> level_of("Tiêu chí thành phần"), level_of("Lĩnh vực/Tiêu chí")
    (3, 0)
    """
    words, levels = plain_words(text), set()
    for wording, level in _LEVELS:
        if wording in words:
            levels.add(level)
            words = words.replace(wording, " ")
    return levels.pop() if len(levels) == 1 else 0


def parse_columns(texts: Sequence[str]) -> dict[int, Column]:
    """Read columns named by hand: ``Điểm tối đa=E``, a heading in any known spelling or a role.

    Raises SpecError if the form is another, or the heading is not known.
    """
    columns = {}
    for text in texts:
        parts = re.fullmatch(r"(.+)=\s*([A-Za-z]{1,2})\s*", text)
        if not parts:
            raise SpecError("annex.column_form", {"found": text})
        heading = clean(parts[1])
        role = heading if heading in ROLES else role_of(heading)
        if role is None:
            refuse_unknown("--column", heading, ROLES)
        spot = column_of(parts[2])
        if spot in columns:
            raise SpecError("imports.column_again", {"found": text})
        columns[spot] = Column(spot, role, level_of(heading))  # type: ignore[arg-type]
    return columns


def find_layout(grid: Grid, by_hand: Mapping[int, Column]) -> Layout | None:
    """Find the heading, wherever it stands, and the columns; None if there is no table.

    Columns named `by_hand` stand above what the heading says.  Words alone in their row are a title, such as
    “Bộ tiêu chí …”, and a heading only where there is no other.
    """
    titles = {row for row in grid.rows if len(list(grid.row(row))) < 2}
    for row in sorted(grid.rows, key=lambda row: (row in titles, row)):
        last = _last_row(grid, row)
        columns = _columns(grid, row, last, by_hand)
        if columns:
            return Layout(_with_levels(columns), last)
    if {"name", "max"} <= {column.role for column in by_hand.values()}:
        return Layout(_with_levels(tuple(by_hand.values())), 0)
    return None


def missing_roles(grid: Grid) -> str:
    """Name the headings seen in the row that is most like a heading, for a message."""
    headings_by_row = [[cell for cell in grid.row(row) if role_of(cell.text)] for row in grid.rows]
    best = max(headings_by_row, key=len, default=[])
    return ", ".join(f"{letters_of(cell.column)}{cell.row} {cell.text}" for cell in best)


def _columns(grid: Grid, row: int, last: int, named: Mapping[int, Column]) -> tuple[Column, ...]:
    """Columns of a heading that stands in `row` to `last`; none if it is no heading."""
    roles_by_hand = {column.role for column in named.values()}
    columns = {at: replace(column, label=_label(grid, row, last, at)) for at, column in named.items()}
    for at in range(1, max((spot[1] for spot in grid.cells), default=0) + 1):
        label = _label(grid, row, last, at)
        role = role_of(label) if label else None
        if role and at not in named and role not in roles_by_hand:
            columns[at] = Column(at, role, level_of(label), label)
    complete = {"name", "max"} <= {column.role for column in columns.values()} and len(columns) > len(named)
    if not complete or not any(cell.column in columns for cell in grid.row(row)):
        return ()
    return tuple(columns[at] for at in sorted(columns) if columns[at].role != "ignored")


def _label(grid: Grid, row: int, last: int, column: int) -> str:
    """Join the texts of a heading of several rows, the upper first, each once."""
    cells = [grid.covering(number, column) for number in range(row, last + 1)]
    return " ".join(dict.fromkeys(cell.text for cell in cells if cell and cell.kind == "text"))


def _last_row(grid: Grid, row: int) -> int:
    """Last row of a heading that begins in `row`: as far as its merged cells reach, at most 4 rows."""
    merged = (below for (below, _), first in grid.merged.items() if first[0] == row and first in grid.cells)
    last = max(merged, default=row)
    if last == row and _continues(grid, row + 1):
        last = row + 1
    return last if last - row < 4 else row


def _continues(grid: Grid, row: int) -> bool:
    """Tell the second row of a heading without merged cells: it begins with a wording of maxima."""
    first = next(grid.row(row), None)
    return first is not None and role_of(f"điểm {first.text}") == "max"


def _with_levels(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Keep levels only where several columns of a role differ in them."""
    result = []
    for column in columns:
        levels = [other.level for other in columns if other.role == column.role and other.level]
        differ = len(levels) > 1 and len(set(levels)) == len(levels)
        result.append(column if differ else replace(column, level=0))
    return tuple(result)
