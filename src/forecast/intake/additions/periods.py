"""Read the period that a printed heading means: “9 tháng năm 2024”, “Tháng 9/2024”, “đến 11/10/2024”."""

import re
from collections.abc import Sequence
from typing import Final

from forecast.base.spec import iso_hint
from forecast.base.spelling import clean, plain_words
from forecast.data.load.cells import period_days

_QUARTERS: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_YEAR: Final = r"(?:nam )?(?P<year>(?:19|20)\d\d)"
_UP_TO: Final = (
    r"(?:(?:luy ke|uoc|thuc hien|tinh|thanh toan|giai ngan|tu dau nam) )*(?:den|toi) (?:het )?(?:ngay )?"
)
_DAY: Final = re.compile(rf"(?P<up_to>{_UP_TO})?\b(?P<day>\d\d?) (?P<month>\d\d?) (?P<year>(?:19|20)\d\d)\b")
_FROM: Final = re.compile(r"\b(?:tu|tu ngay) 0?1 0?1(?: (?:19|20)\d\d)? ")  # a run that begins with its year
_MONTHS: Final = re.compile(
    rf"\b(?P<month>\d\d?)(?: thang| ?t)(?: dau nam)?(?: {_YEAR})?\b(?! (?:cuoi|con lai|tiep|\d\d?\b))"
)
_MONTH: Final = re.compile(rf"(?P<up_to>{_UP_TO})?(?:thang |t ?)(?P<month>\d\d?)(?: {_YEAR})?")
_SHORT: Final = re.compile(
    r"(?P<month>\d\d?) (?P<year>(?:19|20)\d\d)|(?P<year2>(?:19|20)\d\d) (?P<month2>\d\d)"
)
_QUARTER: Final = re.compile(rf"(?:quy |q ?)(?P<quarter>i{{1,3}}|iv|[1-4])(?: {_YEAR})?")
_WHOLE: Final = re.compile(rf"(?:ca )?{_YEAR}")
_SOME_PERIOD: Final = re.compile(
    r"\b(thang|quy|tuan|\d{1,3} \d\d? (?:19|20)\d\d)\b|\bt ?\d\d?\b|^\d\d? (?:19|20)\d\d$"
)


_DUE: Final = re.compile(  # words before a day or a period that change nothing of its end
    r"^(?:(?:trước|đến|hết|trong|chậm nhất|muộn nhất|hoàn thành|xong|là|vào|cuối)\s+)+(?:ngày\s+)?",
    flags=re.IGNORECASE,
)
_LAST_HALF: Final = re.compile(r"^(?:6|sáu) tháng cuối ", flags=re.IGNORECASE)


class YearMissingError(ValueError):
    """A heading names a month or a quarter, and nothing names its year."""


class UnclearPeriodError(ValueError):
    """A heading names a period that is none, or that cannot be written as one."""


def period_in(texts: Sequence[str], year: str = "", *, january: bool) -> str:
    """Read the period that headings mean, the nearest heading first; an empty text if they name none.

    `texts`: headings above a column, from the lowest; `year`: year of headings that name none; `january`:
    whether a month's figure counts from 1 January. Raises YearMissingError if there is a month or quarter
    without a year; UnclearPeriodError if words such as “quý V” or “6 tháng cuối năm” speak of a period and
    name none.

    >>> period_in(["Tháng 9", "Năm 2024"], january=True), period_in(["Đến 11/10/2024"], january=True)
    ('2024-01..2024-09', '2024-01..2024-10-11')
    >>> period_in(["T9/2024"], january=False), period_in(["Quý III"], "2024", january=False)
    ('2024-09', '2024-Q3')
    """
    for text in texts:
        if period_days(clean(text)):
            if not re.fullmatch(r"\d{4}", clean(text)):
                return clean(text)
            break
    words = [_FROM.sub("", plain_words(text)) for text in texts]
    days = [found for text in words for found in _DAY.finditer(text)]
    if len({found[0] for found in days}) > 1:
        raise UnclearPeriodError(" ".join(words))
    if days:
        day = f"{days[0]['year']}-{int(days[0]['month']):02d}-{int(days[0]['day']):02d}"
        return _sound(f"{days[0]['year']}-01..{day}" if january or days[0]["up_to"] else day)
    years = (found["year"] for text in words if (found := re.search(_YEAR, text)))
    near = next(years, year)
    periods = (period for text in words if (period := _months_in(text, near, january=january)))
    return next(periods, "") or next(
        (found["year"] for text in words if (found := _WHOLE.fullmatch(text))), ""
    )


def as_period(words: str, *, january: bool) -> str:
    """Write a period as the tables have it; what is written so, or names none with its year, stays.

    >>> as_period("9 tháng 2024", january=True), as_period("quý V", january=True)
    ('2024-01..2024-09', 'quý V')
    >>> as_period("đến 30/9/2024", january=True), as_period("2024-01..2024-12-31", january=True)
    ('2024-01..2024-09', '2024')
    """
    try:
        period = words if period_days(words) else period_in([words], january=january) or words
        return _whole_months(period)
    except (YearMissingError, UnclearPeriodError):
        return words


def due_on(text: str) -> str:
    """ISO form of the last day of the period in which something is due; ``""`` where none is named.

    >>> due_on("Quý III/2024"), due_on("trước ngày 31/3/2024"), due_on("6 tháng đầu năm 2024")
    ('2024-09-30', '2024-03-31', '2024-06-30')
    >>> due_on("cuối năm 2024"), due_on("hết tháng 2/2024"), due_on("quý III"), due_on("hằng năm")
    ('2024-12-31', '2024-02-29', '', '')
    """
    words = _DUE.sub("", clean(text))
    if day := iso_hint(words):
        return day
    days = period_days(as_period(_LAST_HALF.sub("", words), january=True))
    return days[1].isoformat() if days else ""


def _months_in(text: str, near: str, *, january: bool) -> str:
    """Read months or a quarter; an empty text if the words speak of none."""
    if found := _MONTHS.search(text):
        return _sound(_run(found["year"] or near, int(found["month"])))
    if found := _MONTH.fullmatch(text) or _SHORT.fullmatch(text):
        facts = found.groupdict()
        month = int(facts["month"] or facts.get("month2") or 0)
        own = facts["year"] or facts.get("year2") or near
        run = january or facts.get("up_to")
        return _sound(_run(own, month) if run else f"{_needed(own)}-{month:02d}")
    if found := _QUARTER.fullmatch(text):
        quarter = _QUARTERS[found["quarter"]]
        own = _needed(found["year"] or near)
        return _run(own, 3 * quarter) if january else f"{own}-Q{quarter}"
    if _SOME_PERIOD.search(text):
        raise UnclearPeriodError(text)
    return ""


def period_in_title(text: str, *, january: bool) -> str:
    """Read the period that a title names in the midst of other words."""
    months = r"\d\d? thang(?: dau nam)?|(?:den (?:het )?)?thang \d\d?|quy (?:i{1,3}|iv|[1-4])"
    day = r"den (?:het )?(?:ngay )?\d\d? \d\d? (?:19|20)\d\d"
    words = re.search(rf"(?:{months})(?: nam)? (?:19|20)\d\d|{day}", plain_words(text))
    return period_in([words[0]], january=january) if words else ""


def _run(year: str, month: int) -> str:
    """Months from January on; a whole year is a year."""
    own = _needed(year)
    return own if month == 12 else f"{own}-01" if month == 1 else f"{own}-01..{own}-{month:02d}"


def _whole_months(period: str) -> str:
    """Write a run from January to the last day of a month by its months: it is one period."""
    first, _, last = period.partition("..")
    days = period_days(period) if last.count("-") == 2 and first.endswith("-01") else None
    return _run(first[:4], days[1].month) if days and days == period_days(period[:-3]) else period


def _sound(period: str) -> str:
    """Refuse a thirteenth month and a thirty-first of February."""
    if not period_days(period):
        raise UnclearPeriodError(period)
    return period


def _needed(year: str) -> str:
    if not year:
        raise YearMissingError
    return year
