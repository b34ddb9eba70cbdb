"""Find the row that names the columns: titles above it are left out, names in two rows are joined."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from forecast.base.errors import DataError, Problem
from forecast.base.labels import Phrase
from forecast.base.spelling import clean, plain_words
from forecast.data.foreign.headings import headings, is_plan, year_in
from forecast.data.spellings import is_change, is_rank

Line = tuple[int, list[str]]  # number of a row, and its cells
LINES_ABOVE: Final = 10  # that may stand above the names of columns
_FIGURE: Final = re.compile(r"=.*|[(+-]?\d[\d., ]*[%)]?", flags=re.ASCII)
_SHOWN: Final = 60  # letters of a title
_CODE: Final = re.compile(r"[A-Za-z]+[\d.]*")  # of a component: D1, SC1.2


def below_titles(file: str, lines: Sequence[Line]) -> tuple[list[Line], tuple[Phrase, ...]]:
    """Give the rows from the names of columns on, these in one row, and what is said of it.

    Raises DataError if the first row is a title and none below names columns, or names in two rows cannot be
    joined.
    """
    remarks: tuple[Phrase, ...] = ()
    (row, first), *body = rest = list(lines)
    filled = _filled(first)
    if _is_title(filled, [cells for _, cells in body]):
        at = next((k for k, (_, cells) in enumerate(lines[1:-1], 1) if k <= LINES_ABOVE and _names(cells)), 0)
        if not at:
            raise DataError([Problem(file, row, "", filled[0], "foreign.title_above")])
        texts = [" ".join(_filled(cells))[:_SHOWN] for _, cells in lines[:at]]
        facts = {"rows": [number for number, _ in lines[:at]], "texts": texts}
        remarks = (Phrase("foreign.titles", facts),)
        rest = rest[at:]
    (row, header), (next_row, below) = rest[:2]
    if joined := _joined(header, below) if len(rest) > 2 else None:
        facts = {"rows": [row, next_row], "names": _filled(joined)}
        return [(next_row, joined), *rest[2:]], (*remarks, Phrase("foreign.joined_headers", facts))
    if _is_second_header(header, below):
        raise DataError([Problem(file, row, "", "", "foreign.two_headers", {"row": row})])
    return rest, remarks


def is_table(rows: Iterable[Mapping[int, str]]) -> bool:
    """Whether the rows of a sheet may hold figures: in more than one there is one after a counter or a name.

    A cover or notes may have a year, the number of a note, or how many provinces there are.
    """
    figures = ([cell for cell in [*row.values()][1:] if _FIGURE.fullmatch(cell)] for row in rows)
    return sum(any(not year_in(cell) for cell in own) for own in figures) > 1


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in cells if cell.strip()]


def _names(cells: Sequence[str]) -> bool:
    """Whether a row names columns."""
    found = headings([clean(cell) for cell in cells])
    return len({*_filled(cells)}) > 1 and bool(found.roles or len(found.years) > 1)


def _is_title(filled: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first row is above the names of columns: one cell alone, or words above a row of years."""
    if len({*filled}) == 1:
        return len({*_filled(body[-1])}) > 1
    found = [headings([clean(cell) for cell in cells]) for cells in (filled, *body[:LINES_ABOVE])]
    named = any(len(other.roles) > 1 or (other.roles and len(other.years) > 1) for other in found[1:])
    return named and not found[0].roles and not found[0].years


def _joined(header: Sequence[str], below: Sequence[str]) -> list[str] | None:
    """Names of columns that take two rows, years below a heading of all or above those of each; else None."""
    width = max(len(header), len(below))
    above = [*map(clean, header), *[""] * (width - len(header))]
    under = [*map(clean, below), *[""] * (width - len(below))]
    own = [k for k in range(width) if under[k] and under[k] != above[k]]
    if len(own) < 2 or len({*own}) == width or not any(above[k] for k in range(width) if k not in own):
        return None
    if all(year_in(under[k]) for k in own):
        tops = {above[k] for k in own if above[k]}
        fits = len(tops) < 2 and not any(map(year_in, above)) and not any(map(is_plan, tops))
        return [low or top for low, top in zip(under, above, strict=True)] if fits else None
    tops_of = _carried(above, own)
    years = [year_in(tops_of[k]) for k in own]
    words = [under[k] for k in own if not (is_rank(plain_words(under[k])) or is_change(under[k]))]
    results = {word for word in words if not is_plan(word)}
    worded = len(results) == 1 and not any(map(str.isdigit, "".join(words)))
    if not worded or not all(years) or len({*years}) < 2:
        return None
    names = [f"{under[k]} {year_in(tops_of[k])}" if k in own else above[k] for k in range(width)]
    return names if len({*filter(None, names)}) == len(_filled(names)) else None


def _carried(above: Sequence[str], own: Sequence[int]) -> list[str]:
    """Headings, each carried over the empty cells to its right that have a name below."""
    result = list(above)
    for k in own:
        if not result[k] and k:
            result[k] = result[k - 1]
    return result


def _is_second_header(header: Sequence[str], below: Sequence[str]) -> bool:
    """Whether names of columns go on in the row below: it fills gaps of the header and has no figure.

    A row of years alone below words is one too.
    """
    gaps = [cell for name, cell in zip(header, below, strict=False) if not name.strip()]
    filled = [cell for name, cell in zip(header, below, strict=False) if cell.strip() and cell != name]
    words = not any(any(char.isdigit() for char in cell) and not _CODE.fullmatch(cell) for cell in filled)
    if len(gaps) > 1 and len(filled) > 1 and all(map(year_in, filled)):
        return True
    return words and len([cell for cell in gaps if cell.strip()]) > 1
