"""Doubt an indicator's figures that do not fit its other figures."""

import bisect
import datetime as dt
import heapq
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final

import pandas as pd

from forecast.base.spelling import plain_words
from forecast.data.framework import WHOLE
from forecast.data.load.cells import period_days
from forecast.data.load.indicators import is_change, is_share
from forecast.data.tables import COUNTRY
from forecast.intake.doubts.scores import Doubt

RATIO: Final = 5.0  # an indicator that grows or shrinks by more within a year may have another unit
RATIO_OF_YEARS: Final = 8.0  # the same within several years; a digit too many or too few is ten times
TIMES: Final = 20.0  # the largest of all others, beyond which a figure may have lost its decimal mark
PLANNED_DAYS: Final = 100  # before a year begins its plan may be out
EARLY_DAYS: Final = 10  # before the end of a period an estimate of it may be out
# Months of one figure's period, beyond which a year may be mistyped; plans are of five whole years.
MOST_MONTHS: Final = 36
_PLAN: Final = 60
_FEWEST: Final = 3  # other figures, from which the largest of them says something
_NEAR: Final = 15  # days by which spans of two years may differ and yet be compared
_MONTH: Final = 31  # days
_YEAR: Final = 365.25
_YEARS: Final = 5  # as far as figures of the same months are compared
_ALIKE: Final = ("level", "to_date")  # kinds whose shares do not depend on the length of their period
_SMALL: Final = 10.0  # percent, up to which shares may grow or shrink many times
_EARLY: Final = 2  # month up to which a rate that grows over the year may well be under 1 percent
_THOUSAND: Final = 1000.0
_COUNTS: Final = re.compile(
    r"(ho so|nguoi|dich vu|thu tuc|cuoc|tap the|ca nhan|doanh nghiep|du an|phan anh|don|tin|luot|van ban"
    r"|can bo|cong chuc|vien chuc|don vi|nhiem vu|quyet dinh|vu|viec|giay phep|truong hop|co quan|dossiers?"
    r"|people)"
)
_MEANS: Final = r"\b(binh quan|trung binh|mean|average)\b"  # such a count may have a fraction


class IndicatorDoubts:
    """Doubts about an indicator's value beside its other values, which grow as rows are added.

    `known`: figures that stand; `every`: those and the new ones, among which a new one may be far above all
    others; default: as `known`; `kinds`: kind by code of the catalogue; only what is cumulative cannot fall;
    `among`: whether the figures that are judged are among those that stand, and are not held against
    themselves.
    """

    def __init__(
        self,
        known: pd.DataFrame,
        every: pd.DataFrame | None = None,
        kinds: Mapping[str, str] | None = None,
        *,
        among: bool = False,
    ) -> None:
        # By indicator and area: all values of each period; by first year too, the lowest and the highest.
        self._values: defaultdict[tuple[str, str], dict[str, list[float]]] = defaultdict(dict)
        self._begun: defaultdict[tuple[str, str, int], dict[str, tuple[float, float]]] = defaultdict(dict)
        self._given: dict[tuple[str, ...], float] = {}
        # Of growths and differences, by whether they are of more than a month, which swings more; in order.
        self._changes: defaultdict[tuple[str, bool], list[float]] = defaultdict(list)
        self._kinds = dict(kinds or {})
        self._among = among
        values = [(str(code), list(own)) for code, own in known.groupby("indicator_code")["value"]]
        self._low = {code: heapq.nsmallest(2, own) for code, own in values}
        self._high = {code: heapq.nlargest(2, own) for code, own in values}
        whole = known if every is None else every
        parts = whole[whole["area"] != COUNTRY].groupby("indicator_code")["value"]
        self._largest = {str(code): heapq.nlargest(2, values) for code, values in parts}
        self._count = {str(code): len(values) for code, values in parts}
        for row in known.itertuples(index=False):
            self.add(row)

    def add(self, row: Any) -> None:
        """Add a row to those with which others are compared."""
        place, period = (str(row.indicator_code), str(row.area)), str(row.period)
        self._values[place].setdefault(period, []).append(float(row.value))
        if span := _days(period):
            ends = self._begun[*place, span[0].year]
            low, high = ends.get(period, (float(row.value), float(row.value)))
            ends[period] = (min(low, float(row.value)), max(high, float(row.value)))
            bisect.insort(self._changes[str(row.indicator_code), _is_long(span)], float(row.value))
        self._given[_origin(row)] = float(row.value)

    def of(self, row: Any) -> Iterator[Doubt]:
        """Judge one row by itself, beside those of its area, and beside those of all areas."""
        yield from self._beside_all(row)
        days = period_days(str(row.period))
        if days is None:
            return
        at_once = self._kinds.get(str(row.indicator_code)) == "level" and (days[1] - days[0]).days > _MONTH
        yield from _untimely(row, days, early=at_once)
        most = MOST_MONTHS if "-" in str(row.period) else _PLAN
        if 12 * (days[1].year - days[0].year) + days[1].month - days[0].month >= most:
            yield Doubt("doubt.long_period", facts={"most": most}, column="period")
        if is_share(str(row.unit)) and is_change(str(row.indicator_name_vi)):
            yield from self._beside_changes(row, days)
        own = self._values[str(row.indicator_code), str(row.area)]
        if len(own) > (row.period in own):
            yield from self._beside_own(row, days, own)

    def _beside_all(self, row: Any) -> Iterator[Doubt]:
        """Doubt a sign, share or size that no figure of the indicator has; a second figure of one source."""
        value, code, change = float(row.value), str(row.indicator_code), is_change(str(row.indicator_name_vi))
        if value < 0 and not change and self._end(self._low, code, value) >= 0:
            yield Doubt("doubt.negative", column="value")
        share = is_share(str(row.unit))
        if share and value > WHOLE and not change and self._end(self._high, code, value) <= WHOLE:
            yield Doubt("doubt.over_whole", column="value")
        yield from _part_of_one(row, value)
        largest, count = self._largest.get(code, []), self._count.get(code, 0)
        rest = largest[1:] if largest and value == largest[0] else largest
        rest = rest if str(row.area) != COUNTRY and count > _FEWEST else []
        if rest and value > TIMES * rest[0] > 0:
            yield Doubt("doubt.far", facts={"times": TIMES, "known": rest[0]}, column="value")
        given = self._given.get(_origin(row))
        if given is not None and given != value:
            yield Doubt("doubt.two_values", facts={"known": given}, column="value")

    def _beside_changes(self, row: Any, days: tuple[dt.date, dt.date]) -> Iterator[Doubt]:
        """Doubt a growth far beyond all others: a decimal mark is lost, or last year's 100 added."""
        value, known = float(row.value), self._changes[str(row.indicator_code), _is_long(days)]
        others = list(known[:2] + known[2:][-2:])
        if self._among and value in others:
            others.remove(value)
        if len(known) - self._among < _FEWEST:
            return
        low, high = others[0], others[-1]
        margin = max(high - low, abs(low), abs(high))  # years of steady growth say little of a fall
        if not low - margin <= value <= high + margin:
            yield Doubt("doubt.change", facts={"low": low, "high": high}, column="value")

    def _end(self, ends: Mapping[str, list[float]], code: str, value: float) -> float:
        """Lowest or highest figure of the others; 0 if there is none."""
        own = ends.get(code, [])
        return next(iter(own[1:] if self._among and own[:1] == [value] else own), 0.0)

    def _beside_own(
        self, row: Any, days: tuple[dt.date, dt.date], own: Mapping[str, list[float]]
    ) -> Iterator[Doubt]:
        """Doubt a fraction in the place of a percentage, another unit, a fall of what can only grow.

        They have one cause, so the first of these is the question.
        """
        value, kind = float(row.value), self._kinds.get(str(row.indicator_code), "")
        others = {period: known for period, known in own.items() if period != row.period}
        doubts: list[Iterator[Doubt]] = []
        if value > 0 and not is_change(str(row.indicator_name_vi)):
            doubts += [_fraction(days, others)] if row.unit == "%" and value <= 1 else []
            doubts.append(self._beside_other_years(row, days))
            doubts += [_beside_shares(value, others)] if row.unit == "%" and kind in _ALIKE else []
        if kind == "cumulative" or (not kind and row.unit != "%"):
            begun = [
                (period, span[1], ends)
                for period, ends in self._begun_in(row, days[0].year)
                if period != row.period and (span := _days(period)) and span[0] == days[0]
            ]
            doubts.append(_beside_runs(value, days[1], begun, only_shorter=self._among))
        yield from islice(chain.from_iterable(doubts), 1)

    def _beside_other_years(self, row: Any, days: tuple[dt.date, dt.date]) -> Iterator[Doubt]:
        """Doubt a figure many times that of the same months in the nearest year that has them."""
        value = float(row.value)
        for apart in range(1, _YEARS + 1):
            alike = [
                (period, known)
                for away in ((-apart,) if self._among else (-apart, apart))
                for period, ends in self._begun_in(row, days[0].year + away)
                if (span := _days(period)) and _years_apart(span, days) == away
                for known in ends
            ]
            ratio = RATIO if apart == 1 else RATIO_OF_YEARS
            for period, known in alike:
                if known > 0 and not 1 / ratio <= value / known <= ratio:
                    facts = {"period": period, "known": known, "ratio": ratio}
                    yield Doubt("doubt.ratio", facts=facts, column="value")
            if alike:
                return

    def _begun_in(self, row: Any, year: int) -> Iterable[tuple[str, tuple[float, float]]]:
        """Give the periods that began in a year, with their ends."""
        return self._begun.get((str(row.indicator_code), str(row.area), year), {}).items()


def _beside_shares(value: float, others: Mapping[str, list[float]]) -> Iterator[Doubt]:
    """Doubt a share many times the highest of its place or many times below the lowest, of any months.

    Shares of a few percent may well go so far.
    """
    known = sorted((each, period) for period, values in others.items() for each in values)
    if len(known) < _FEWEST:
        return
    (low, of_low), (high, of_high) = known[0], known[-1]
    far = [(low, of_low)] if low > _SMALL and value * RATIO < low else []
    far += [(high, of_high)] if value > max(_SMALL, RATIO * high) else []
    for end, period in far:
        yield Doubt("doubt.ratio", facts={"period": period, "known": end, "ratio": RATIO}, column="value")


def _beside_runs(
    value: float,
    end: dt.date,
    begun: Sequence[tuple[str, dt.date, tuple[float, float]]],
    *,
    only_shorter: bool,
) -> Iterator[Doubt]:
    """Doubt a running total below that of a shorter period or above that of a longer one: the farthest off.

    `begun`: periods that begin with it: name, end, lowest and highest of several sources.
    """
    below = [(low, period) for period, last, (low, _) in begun if last < end]
    known, period = max(below, default=(0.0, ""))
    if 0 <= value < known:
        yield Doubt("doubt.cumulative", facts={"period": period, "known": known}, column="value")
    above = [(high, period) for period, last, (_, high) in begun if last > end and not only_shorter]
    known, period = min(above, default=(value, ""))
    if 0 <= known < value:
        yield Doubt("doubt.above_longer", facts={"period": period, "known": known}, column="value")


def _part_of_one(row: Any, value: float) -> Iterator[Doubt]:
    """Doubt a count with a fraction; where a mark between thousands was read as one, say the figure."""
    words = plain_words(str(row.unit)), plain_words(str(row.indicator_name_vi))
    if value % 1 == 0 or not _COUNTS.fullmatch(words[0]) or re.search(_MEANS, words[1]):
        return
    hint = round(_THOUSAND * value, 6)  # 12.345 dossiers
    cut = value >= 1 and hint % 1 == 0 and (value < _THOUSAND or hint % 10)  # 1.234,567
    key, more = ("doubt.not_whole", {"hint": f"{hint:.0f}"}) if cut else ("doubt.part_of_one", {})
    yield Doubt(key, facts={"unit": str(row.unit), **more}, column="value")


def _fraction(days: tuple[dt.date, dt.date], others: Mapping[str, list[float]]) -> Iterator[Doubt]:
    """Doubt up to 1 percent where the others are above 2; they are not looked at for any other figure.

    What grows over the year is small in January: compare with figures up to the same month, if any.
    """
    alike = [
        value
        for period, known in others.items()
        if (span := _days(period)) and span[1].month == days[1].month
        for value in known
    ]
    middle = statistics.median(alike or [value for known in others.values() for value in known])
    if middle > 2 and (alike or days[1].month > _EARLY):
        yield Doubt("doubt.fraction", facts={"known": middle}, column="value")


def _untimely(row: Any, days: tuple[dt.date, dt.date], *, early: bool) -> Iterator[Doubt]:
    """Doubt a day of publication before the period, or long before its end; a year's plan may be `early`."""
    facts = {"period": str(row.period)}
    first = pd.Timestamp(days[0]) - pd.Timedelta(days=PLANNED_DAYS if early else 0)
    if row.published_on < first:
        yield Doubt("doubt.before_period", facts=facts, column="published_on")
    elif not early and row.published_on < pd.Timestamp(days[1]) - pd.Timedelta(days=EARLY_DAYS):
        yield Doubt("doubt.before_end", facts={**facts, "days": EARLY_DAYS}, column="published_on")


def _origin(row: Any) -> tuple[str, ...]:
    """Name a figure and the page that gives it; without a page, nothing is the same as anything."""
    day = str(row.published_on)[:10]
    return str(row.indicator_code), str(row.area), str(row.period), str(row.source_url), day


def _years_apart(days: tuple[dt.date, dt.date], other: tuple[dt.date, dt.date]) -> int:
    """By how many years a span is nearly the same as another; 0 if it is not."""
    apart = [(own - then).days for own, then in zip(days, other, strict=True)]
    years = round(apart[0] / _YEAR)
    return years if all(abs(each - _YEAR * years) <= _NEAR + 1 for each in apart) else 0


def _is_long(days: tuple[dt.date, dt.date]) -> bool:
    return (days[1] - days[0]).days > _MONTH


@cache
def _days(period: str) -> tuple[dt.date, dt.date] | None:
    return period_days(period)
