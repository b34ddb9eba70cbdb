"""Normalise cells: years from dates and quarters, decimal commas, and signs for no figure."""

import re
from collections.abc import Sequence
from typing import Final

from forecast.data.load.cells import no_figure, number_hint

_PERIODS: Final = tuple(
    re.compile(pattern, flags=re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[ T].*)?",  # 2019-12-31
        r"\d{1,2}[-/.]\d{1,2}[-/.](?P<year>\d{4})",  # 31/12/2019
        r"(?P<year>\d{4})[-/ ]?(?:Q|H)[1-4]",  # 2019-Q1
        r"(?:Q|H|Quý|Quí|Quy)\s?(?:[1-4]|I{1,3}|IV)[-/ ]+(?:năm )?(?P<year>\d{4})",  # Q1/2019
        r"(?P<year>\d{4})(?:[-/]|-?M)(?:0?[1-9]|1[0-2])",  # 2019-03
        r"(?:tháng )?(?:0?[1-9]|1[0-2])[-/](?P<year>\d{4})",  # 03/2019
    )
)
_NAMED_YEAR: Final = re.compile(r"(?:năm|nam|fy|year)\s*(\d{4})", flags=re.IGNORECASE)
_COMMA: Final = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(?:\.\d{3})+,\d+", flags=re.ASCII)
_POINT: Final = re.compile(r"[+-]?\d*\.\d+", flags=re.ASCII)


def year_of(text: str) -> tuple[str, bool]:
    """Give the year of a cell, and whether the cell holds a day, month or quarter of it.

    >>> year_of("2019-12-31"), year_of("Q1/2019"), year_of("2019"), year_of("last")
    (('2019', True), ('2019', True), ('2019', False), ('last', False))
    """
    bare = text.strip()
    match = _NAMED_YEAR.fullmatch(bare)
    if match:
        return match[1], False
    for pattern in _PERIODS:
        match_ = pattern.fullmatch(bare)
        if match_:
            return match_["year"], True
    return text, False


def numbers(cells: Sequence[str], separator: str) -> list[str]:
    """Rewrite decimal commas where columns are not separated by commas and no cell has a decimal point."""
    if separator == ",":
        return list(cells)
    bare = {cell: cell.strip() for cell in set(cells)}
    if not any(_COMMA.fullmatch(cell) for cell in bare.values()):
        return list(cells)
    if any(_POINT.fullmatch(cell) for cell in bare.values()):
        return list(cells)
    plain = {cell: number_hint(text) or cell for cell, text in bare.items()}
    return [plain[cell] for cell in cells]


def is_number(text: str, separator: str) -> bool:
    """Tell whether a cell may be a figure.

    >>> is_number("87.5", ","), is_number("ghi chú", ",")
    (True, False)
    """
    (plain,) = numbers([text], separator)
    try:
        float(plain)
    except ValueError:
        return no_figure(text)
    return True
