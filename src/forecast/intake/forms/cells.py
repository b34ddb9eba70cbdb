"""One input cell of a form: from whatever was typed to a number, a day or words, or to what is wrong."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from forecast.base.spec import iso_hint
from forecast.base.spelling import clean
from forecast.intake.forms.layout import MOST_TEXT

if TYPE_CHECKING:
    from openpyxl.cell import Cell, MergedCell

Value = float | str | dt.date | None
_UNIT: Final = re.compile(r"(điểm|đ)\.?$")
_NUMBER: Final = re.compile(r"[+-]?(\d{1,9}([.,]\d{0,9})?|[.,]\d{1,9})", flags=re.ASCII)
_DASHES: Final = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how .xlsx writes characters that XML forbids
_FIRST_SERIAL, _LAST_SERIAL = 32874, 73415  # 1990-01-01 and 2100-12-31 as spreadsheets number days
_DAY_ZERO: Final = dt.date(1899, 12, 30)
_PERCENT: Final = 100.0
_LEAST_PERCENT: Final = 20.0  # less would be an odd percentage, so it is a slip of another kind


@dataclass(frozen=True, slots=True)
class Found:
    """A cell's value, None if it is empty; `expected` says what is wrong and is None if nothing is."""

    value: Value = None
    expected: tuple[str, dict[str, Any]] | None = None


def shown(cell: Cell | MergedCell) -> str:
    """Write what stands in a cell as its reader sees it."""
    value = cell.value
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return _text_of(value)


def points(cell: Cell | MergedCell, maximum: float) -> Found:
    """Read points: a number from 0 to the maximum, typed as a number or as words such as "9,5 điểm"."""
    refused = _not_typed(cell)
    if refused:
        return refused
    value: Any = cell.value
    if isinstance(value, bool | dt.datetime | dt.date | dt.time | dt.timedelta):
        return _wrong("expect.form_points_not_day", high=maximum)
    typed = clean(_visible(_text_of(value)))
    if not typed:
        return Found()
    if typed.endswith("%"):
        return _percent(_number(typed.removesuffix("%")), maximum)
    number = _number(typed) if isinstance(value, str) else _float(value)
    if not isinstance(value, str) and "%" in str(cell.number_format):
        return _percent(number * _PERCENT, maximum)
    return _within(number, maximum)


def day(cell: Cell | MergedCell, first: dt.date, last: dt.date) -> Found:
    """Read a day: a spreadsheet's date, dd/mm/yyyy or ISO."""
    refused = _not_typed(cell)
    if refused:
        return refused
    value = cell.value
    found: dt.date | None = None
    if isinstance(value, dt.datetime):
        found = value.date()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if _FIRST_SERIAL <= value <= _LAST_SERIAL:
            found = _DAY_ZERO + dt.timedelta(days=int(value))
    else:
        words = clean(_visible(_text_of(value)))
        if not words:
            return Found()
        iso = iso_hint(words)
        found = dt.date.fromisoformat(iso) if iso else None
    if found is None or not first <= found <= last:
        return _wrong("expect.form_day", first=first, last=last)
    return Found(found)


def words(cell: Cell | MergedCell) -> Found:
    """Read words: any, on one line, as they were typed; a formula is none."""
    refused = _not_typed(cell)
    if refused:
        return refused
    text = clean(_visible(shown(cell)))
    if len(text) > MOST_TEXT:
        return _wrong("expect.form_shorter", found=len(text), most=MOST_TEXT)
    return Found(text or None)


def plain(cell: Cell | MergedCell) -> str:
    """Read a label: its words in one form, whatever the cell holds."""
    return clean(_visible(shown(cell)))


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = getattr(value, "text", value)  # an array formula is an object
    return str(text)


def _not_typed(cell: Cell | MergedCell) -> Found | None:
    if cell.data_type == "f":
        return _wrong("expect.form_typed")
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
    bare = _UNIT.sub("", words.translate(_DASHES).casefold()).replace(" ", "")
    return float(bare.replace(",", ".")) if _NUMBER.fullmatch(bare) else math.nan


def _float(value: float) -> float:
    """Turn a whole number of any length into a floating-point number, infinite if it is too large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _percent(percent: float, maximum: float) -> Found:
    share = percent / _PERCENT
    if not 0 <= share <= 1:
        return _wrong("expect.form_points", high=maximum)
    return _wrong(
        "expect.form_no_percent", percent=_tidy(share * 100), high=maximum, hint=_tidy(share * maximum)
    )


def _within(number: float, maximum: float) -> Found:
    if not math.isfinite(number):
        return _wrong("expect.form_points", high=maximum)
    if number < 0:
        return _wrong("expect.form_not_negative", high=maximum)
    if number <= maximum:
        return Found(number)
    if not max(_LEAST_PERCENT, maximum) < number <= _PERCENT:
        return _wrong("expect.form_points", high=maximum)
    hint = _tidy(number / _PERCENT * maximum)
    return _wrong("expect.form_maybe_percent", high=maximum, percent=_tidy(number), hint=hint)


def _tidy(value: float) -> float:
    return round(value, 3)


def _wrong(key: str, **facts: Any) -> Found:
    return Found(None, (key, facts))
