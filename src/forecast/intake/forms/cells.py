"""Read one input cell of a form: a number, a day or words, however typed, or what is wrong with it."""

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from openpyxl.cell import Cell, MergedCell

from forecast.base.spec import iso_hint, looks_like_day
from forecast.base.spelling import clean
from forecast.base.workbook import in_percent, struck
from forecast.intake.forms.layout import MOST_TEXT

Value = float | str | dt.date | None
_UNIT: Final = re.compile(r"(điểm|đ)\.?$")
_SPACE: Final = re.compile(r"(?<!\d) | (?!\d)")  # but not between two digits: 1 5 may be 1,5
_NUMBER: Final = re.compile(r"[+-]?(\d{1,9}([.,]\d{0,9})?|[.,]\d{1,9})", flags=re.ASCII)
_DASHES: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how .xlsx writes characters that XML forbids
_FIRST_SERIAL, _LAST_SERIAL = 32874, 73415  # 1990-01-01 and 2100-12-31 as spreadsheets number days
_DAY_ZERO: Final = dt.date(1899, 12, 30)
_PERCENT: Final = 100.0
_LEAST_PERCENT: Final = 20.0  # less would be an odd percentage, so it is a slip of another kind


@dataclass(frozen=True, slots=True)
class CellValue:
    """A cell's value, None if it is empty; `expected` says what is wrong and is None if nothing is."""

    value: Value = None
    expected: tuple[str, dict[str, Any]] | None = None


def as_seen(cell: Cell | MergedCell) -> str:
    """Write what stands in a cell as its reader sees it."""
    value = cell.value
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return _text_of(value)


def points(cell: Cell | MergedCell, maximum: float) -> CellValue:
    """Read points: a number from 0 to the maximum, typed as a number or as words such as "9,5 điểm"."""
    refused = _not_typed(cell)
    if refused:
        return refused
    value: Any = cell.value
    if isinstance(value, bool | dt.datetime | dt.date | dt.time | dt.timedelta):
        return _wrong("expect.form_points_not_day", high=maximum)
    typed = clean(_visible(_text_of(value)))
    if not typed:
        return CellValue()
    if typed.endswith("%"):
        return _percent(_number(typed.removesuffix("%")), maximum)
    number = _number(typed) if isinstance(value, str) else _float(value)
    if not isinstance(value, str) and in_percent(cell):
        return _percent(number * _PERCENT, maximum)
    return _up_to(number, maximum)


def day(cell: Cell | MergedCell, first: dt.date, last: dt.date) -> CellValue:
    """Read a day: a spreadsheet's date, dd/mm/yyyy or ISO."""
    refused = _not_typed(cell)
    if refused:
        return refused
    value = cell.value
    day: dt.date | None = None
    if isinstance(value, dt.datetime):
        day = value.date()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if _FIRST_SERIAL <= value <= _LAST_SERIAL:
            day = _DAY_ZERO + dt.timedelta(days=int(value))
    else:
        typed = clean(_visible(_text_of(value)))
        if not typed:
            return CellValue()
        iso = iso_hint(typed)
        if not iso and looks_like_day(typed):
            return _wrong("expect.real_day")
        day = dt.date.fromisoformat(iso) if iso else None
    if day is None or not first <= day <= last:
        return _wrong("expect.form_day", first=first, last=last)
    return CellValue(day)


def words(cell: Cell | MergedCell) -> CellValue:
    """Read words: any, on one line, as they were typed; a formula is none."""
    refused = _not_typed(cell)
    if refused:
        return refused
    text = plain(cell)
    if len(text) > MOST_TEXT:
        return _wrong("expect.form_shorter", found=len(text), most=MOST_TEXT)
    return CellValue(text or None)


def plain(cell: Cell | MergedCell) -> str:
    """Read a label: its words in one form, whatever the cell holds."""
    return clean(_visible(as_seen(cell)))


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = getattr(value, "text", value)  # an array formula is an object
    return str(text)


def _not_typed(cell: Cell | MergedCell) -> CellValue | None:
    if cell.data_type == "f":
        return _wrong("expect.form_typed")
    if struck(cell):
        return _wrong("imports.struck_part")
    return _wrong("expect.form_no_error") if cell.data_type == "e" else None


def _visible(text: str) -> str:
    """Turn characters that steer a screen or a printer into spaces; clean() then joins these."""
    unescaped = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return "".join(
        " " if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") else char
        for char in unescaped
        if unicodedata.category(char) != "Cf"
    )


def _number(words: str) -> float:
    bare = _SPACE.sub("", _UNIT.sub("", words.translate(_DASHES).casefold()))
    return float(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else math.nan


def _float(value: float) -> float:
    """Turn a whole number of any length into a floating-point number, infinite if it is too large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _percent(percent: float, maximum: float) -> CellValue:
    if not 0 <= percent <= _PERCENT:
        return _wrong("expect.form_points", high=maximum)
    return _in_place_of_percent("expect.form_no_percent", percent, maximum)


def _up_to(number: float, maximum: float) -> CellValue:
    if not math.isfinite(number):
        return _wrong("expect.form_points", high=maximum)
    if number < 0:
        return _wrong("expect.form_not_negative", high=maximum)
    if number <= maximum:
        return CellValue(number)
    if not max(_LEAST_PERCENT, maximum) < number <= _PERCENT:
        return _wrong("expect.form_points", high=maximum)
    return _in_place_of_percent("expect.form_maybe_percent", number, maximum)


def _in_place_of_percent(key: str, percent: float, maximum: float) -> CellValue:
    hint = round(percent / _PERCENT * maximum, 3)
    return _wrong(key, percent=round(percent, 3), high=maximum, hint=hint)


def _wrong(key: str, **facts: Any) -> CellValue:
    return CellValue(None, (key, facts))
