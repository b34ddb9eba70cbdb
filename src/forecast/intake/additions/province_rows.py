"""Recognise rows and cells of a printed table: which name an area or the country, and which hold a figure."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from forecast.base.errors import Problem
from forecast.base.spelling import clean, plain_words, without_marks
from forecast.data.load.areas import Gazetteer
from forecast.data.tables import COUNTRY
from forecast.intake.figures import printed_figure
from forecast.intake.grid import Cell, Grid

FEWEST_AREAS: Final = 5  # rows that name provinces, from which a sheet holds a table
_NOTHING: Final = re.compile(r"[-–—.…*x/]*|n\s*/?\s*a|không( có)?( số liệu)?", flags=re.IGNORECASE)
_ALL: Final = r"(ca nuoc|toan quoc|viet nam)"
_COUNTRY: Final = re.compile(  # a sum or a mean of the country, or the country
    rf"(gia tri |diem )?(trung binh|binh quan)( chung)?( (cua )?({_ALL}|63.*))?"
    rf"|(tong (so|cong)|tong so chung|tong)( {_ALL})?|{_ALL}"
)
_NO_AREA: Final = re.compile(
    r"(cao nhat|thap nhat|lon nhat|nho nhat|ghi chu|tong|do lech|trung vi|trung binh|binh quan|nguon)\b.*"
    r"|(cac )?(dia phuong|tinh thanh pho( truc thuoc trung uong)?|bo nganh( trung uong)?|trung uong)"
    r"|(bo|uy ban|ngan hang|thanh tra|van phong|bao hiem|kiem toan|thong tan|dai|vien|toa an|hoi|tap doan"
    r"|tong cong ty|dai hoc|hoc vien|co quan|nganh|khoi|nhom|vung(?! tau\b))\b.*"
)

_NO_LETTERS: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")  # numbers beside a name where no mark parts columns
_AROUND_NAMES: Final = re.compile(  # a number, whose council it is, marks of a footnote
    r"^(\d{1,2}[.)]\s*)?((UBND|[uủ][yỷ] ban nh[aâ]n d[aâ]n)\s+)?|[*†¹²³⁴]+$|(?<=[^\W\d_])\d{1,2}$"
    r"|\(\s*(\*+|\d{0,2})\s*\)\s*$",
    flags=re.IGNORECASE,
)


def country_named(text: str) -> bool:
    """Whether a row's name means the country: a sum or a mean of all.

    >>> country_named("TỔNG SỐ"), country_named("Trung bình cả nước"), country_named("Hà Nội")
    (True, True, False)
    """
    return _COUNTRY.fullmatch(plain_words(text)) is not None


def area_named(text: str, places: Gazetteer) -> str:
    """Area that a row's name means, the country too; ``""`` for none."""
    name = bare_name(text)
    return places.find(name) or (COUNTRY if country_named(name) else "")


def no_area(text: str) -> bool:
    """Whether a row's name says that it is no area: a ministry, a group, an end of the range, a note."""
    return _NO_AREA.fullmatch(plain_words(bare_name(text))) is not None


def area_columns(grid: Grid, places: Gazetteer) -> dict[int, list[int]]:
    """Columns that name provinces, and the rows in which they do."""
    rows: dict[int, list[int]] = {}
    for (row, column), cell in sorted(grid.cells.items()):
        if cell.kind == "text" and places.find(bare_name(cell.text)) in places.provinces:
            rows.setdefault(column, []).append(row)
    return dict(sorted(rows.items()))


def area_rows(grid: Grid, places: Gazetteer) -> tuple[int, list[int]]:
    """Column that names most provinces, and the rows in which it does."""
    columns = area_columns(grid, places)
    return max(columns.items(), key=lambda pair: len(pair[1]), default=(0, []))


def changed_headings(grid: Grid, head: Sequence[int], first: int, area_column: int) -> list[Problem]:
    """Report headings that stand again among the rows and are others: figures below mean something else."""
    above = {
        column: [cell.text for cell in grid.headings_above(column, head, area_column)]
        for column in {column for _, column in grid.cells}
    }
    words = {column: set(map(plain_words, texts)) for column, texts in above.items()}
    again = [
        row
        for row in grid.rows
        if row >= first
        and (name := grid.cells.get((row, area_column)))
        and plain_words(name.text) in words[area_column]
    ]
    return [
        grid.problem(cell.row, cell.column, "imports.heading_changes", above=above[cell.column][0])
        for row in again
        for cell in grid.row(row)
        if words[cell.column] and not is_number(cell) and plain_words(cell.text) not in words[cell.column]
    ]


def in_old_letters(grids: Iterable[Grid], places: Gazetteer) -> Problem | None:
    """Say that names of provinces are in an encoding older than Unicode, if they are."""
    ascii_names = {_ascii(form) for name in places.provinces for form in (name, without_marks(name))}
    for grid in grids:
        odd = (cell.text for cell in grid.cells.values() if cell.kind == "text" and not cell.text.isascii())
        names = {_ascii(bare_name(text)) for text in odd if places.find(_NO_LETTERS.sub("", text)) is None}
        if len(names & ascii_names) >= FEWEST_AREAS:
            return grid.whole_problem("imports.old_letters")
    return None


def _ascii(text: str) -> str:
    """Letters that TCVN3 (marked vowels are signs) and VNI (marks are signs) leave as they are."""
    return re.sub(r"[^a-z]", "", text.casefold())


def without_name(grid: Grid, row: int, column: int) -> Problem:
    """Say why a row of figures names no area: its cell is struck through, merged with one above, or empty."""
    if (row, column) in grid.struck:
        return grid.problem(row, column, "imports.struck_name")
    facts = grid.merged_above(row, column)
    return grid.problem(row, column, "imports.cell_merged" if facts else "imports.name_empty", **facts)


def number_columns(grid: Grid, area_column: int, first: int) -> list[int]:
    """Columns with a number in the first province's row or below."""
    columns = {column for (row, column), cell in grid.cells.items() if row >= first and is_number(cell)}
    return sorted(columns - {area_column})


def bare_name(text: str) -> str:
    """A province's name without its number and the marks of footnotes; what is below a province stays.

    >>> bare_name("12. Hà Nội (*)"), bare_name("Hà Nội1"), bare_name("TP.HCM/Quận 1")
    ('Hà Nội', 'Hà Nội', 'TP.HCM/Quận 1')
    >>> bare_name("Hà Nội,2023"), bare_name("Hà Nội (2023)")
    ('Hà Nội,2023', 'Hà Nội (2023)')
    """
    name, bar, unit = clean(text).partition("/")
    return clean(_AROUND_NAMES.sub("", name)) + bar + unit


def figure_in(cell: Cell | None) -> tuple[float | None, str]:
    """Read a figure; what is wrong with it is a key of the catalogue, ``""`` if nothing is."""
    if cell is None or _NOTHING.fullmatch(cell.text):
        return None, ""
    if cell.kind in ("formula", "day"):
        return None, f"imports.figure_{cell.kind}"
    text, _ = printed_figure(cell.text)
    return (float(text), "") if text else (None, "imports.figure")


def is_number(cell: Cell | None) -> bool:
    """Whether a cell holds a figure, or a formula or day in the place of one."""
    value, key = figure_in(cell)
    return value is not None or key in ("imports.figure_formula", "imports.figure_day")
