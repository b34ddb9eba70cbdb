"""Normalise cells: years from dates and quarters, decimal commas, percent signs, and signs for no figure."""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from forecast.data.load.cells import no_figure, number_hint

_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_PERIODS: Final = tuple(
    re.compile(pattern, flags=re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])(?:[ T].*)?",  # 2019-12-31
        r"\d{1,2}[-/.]\d{1,2}[-/.](?P<year>\d{4})",  # 31/12/2019
        r"(?P<year>\d{4})[-/ ]?(?:Q|H)[1-4]",  # 2019-Q1
        r"(?:Q|H|Quý|Quí|Quy)\s?(?:[1-4]|I{1,3}|IV)[-/ ]+(?:năm )?(?P<year>\d{4})",  # Q1/2019
        r"(?P<year>\d{4})(?:[-/]|-?M)(?:0?[1-9]|1[0-2])",  # 2019-03
        r"(?:tháng )?(?:0?[1-9]|1[0-2])[-/](?P<year>\d{4})",  # 03/2019
        rf"(?:\d{{1,2}}[-/ .])?{_MONTH}[-/ ,]+(?P<year>\d{{4}})",  # Dec-2019, 31 Dec 2019
        rf"(?P<year>\d{{4}})[-/ ]{_MONTH}",  # 2019-Dec
        r"tháng (?:0?[1-9]|1[0-2]) (?:năm )?(?P<year>\d{4})",
        r"\d{1,2} ?(?:T|M|tháng|months?)(?: đầu năm| năm)?[-/ ]+(?P<year>\d{4})",  # 9T/2023, 6 tháng 2023
    )
)
_DAY: Final = re.compile(
    rf"\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}.*|\d{{1,2}}[-/ .]{_MONTH}[-/ ,]+\d{{4}}", flags=re.IGNORECASE
)
_DAY_NUMBER: Final = re.compile(r"[34]\d{4}", flags=re.ASCII)  # of Excel, from 1982 on
_SHORT_YEAR: Final = re.compile(  # 12/31/15, Dec-15, 31-Dec-15, FY15, Q4/15
    rf"(?:\d{{1,2}}[-/.]\d{{1,2}}[-/.]|(?:\d{{1,2}}[-/ ])?{_MONTH}[-/ ]+|(?:fy|năm)\s?|[qt]\d{{1,2}}[-/ ])"
    r"['’]?(?P<year>\d{2})|['’]?(?P<alone>\d{2})",
    flags=re.IGNORECASE,
)
_TWO_YEARS: Final = re.compile(r"(\d{4})\s*[-–/]\s*(?:\d{2})?(\d{2})")  # 2015/16, 2015-2016
_PERCENT: Final = re.compile(r"([+-]?\d[\d.,]*) ?%", flags=re.ASCII)
_NAMED_YEAR: Final = re.compile(r"(?:năm|nam|fy|year)\s*(\d{4})", flags=re.IGNORECASE)
_COMMA: Final = re.compile(r"[+-]?\d+,\d+|[+-]?\d{1,3}(?:\.\d{3})+,\d+", flags=re.ASCII)
_DECIMALS: Final = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})", flags=re.ASCII)  # not 1,234
_POINT: Final = re.compile(r"[+-]?\d*\.\d+", flags=re.ASCII)


def year_of(text: str) -> tuple[str, bool]:
    """Give the year of a cell, and whether the cell holds a day, month or quarter of it.

    >>> year_of("2019-12-31"), year_of("Q1/2019"), year_of("2019"), year_of("last")
    (('2019', True), ('2019', True), ('2019', False), ('last', False))
    """
    bare = text.strip().removeprefix("'")
    match = _NAMED_YEAR.fullmatch(bare)
    if match:
        return match[1], False
    for pattern in _PERIODS:
        match_ = pattern.fullmatch(bare)
        if match_:
            return match_["year"], True
    return bare or text, False


def part_of(text: str) -> str:
    """What a cell names besides its year: Q1, a month; an empty text for a year, or a day of it.

    >>> part_of("2019-Q1"), part_of("9T/2023"), part_of("2019"), part_of("31/12/2019")
    ('Q1', '9T', '', '')
    """
    bare = text.strip()
    year, inner = year_of(bare)
    return bare.replace(year, "").strip("-/ ") if inner and not _DAY.fullmatch(bare) else ""


def year_meant(text: str) -> str:
    """Year to write for a cell that does not name one in four digits; an empty text where it is none.

    >>> [year_meant(text) for text in ("12/31/15", "Dec-98", "2015/16", "2015", "42735")]
    ['2015', '1998', '2015 / 2016', '', '2016']
    """
    bare = text.strip()
    if _DAY_NUMBER.fullmatch(bare):
        return str((dt.date(1899, 12, 30) + dt.timedelta(days=int(bare))).year)
    if two := _TWO_YEARS.fullmatch(bare):
        return f"{two[1]} / {two[1][:2]}{two[2]}"
    match = _SHORT_YEAR.fullmatch(bare)
    digits = match and (match["year"] or match["alone"])
    return f"{'19' if int(digits) >= 50 else '20'}{digits}" if digits else ""


def without_percent(text: str) -> str:
    """Figure of a cell that ends in a percent sign; other text as it stands.

    >>> without_percent("85,2 %"), without_percent("cao 5%")
    ('85,2', 'cao 5%')
    """
    match = _PERCENT.fullmatch(text.strip())
    return match[1] if match else text


def numbers(cells: Sequence[str], separator: str) -> list[str]:
    """Rewrite decimal commas where no cell has a decimal point, and none of them can set off thousands.

    Where columns are not separated by commas, none sets off thousands.
    """
    bare = {cell: cell.strip() for cell in set(cells)}
    if separator == "," and not any(_DECIMALS.fullmatch(cell) for cell in bare.values()):
        return list(cells)
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
    (plain,) = numbers([without_percent(text)], separator)
    try:
        float(plain)
    except ValueError:
        return no_figure(text)
    return True
