"""An indicator's new value beside its other values: another unit, a fall of what can only grow."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import pandas as pd

from forecast.data.load.cells import period_days

RATIO: Final = 5.0  # an indicator that grows or shrinks by more within a year may have another unit
_NEAR: Final = 15  # days by which spans of two years may differ and yet be compared
_EARLY: Final = 2  # month up to which a rate that grows over the year may well be under 1 percent
Other = tuple[str, float]  # period and value


class Past:
    """Values of indicators by code and area, growing as rows are added."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._values: defaultdict[tuple[str, str], list[Other]] = defaultdict(list)
        for row in frame.itertuples(index=False):
            self.add(row)

    def add(self, row: Any) -> None:
        """Take one row in."""
        self._values[str(row.indicator_code), str(row.area)].append((str(row.period), float(row.value)))

    def of(self, row: Any) -> Sequence[Other]:
        """Values of the same indicator and area in other periods."""
        own = self._values[str(row.indicator_code), str(row.area)]
        return [other for other in own if other[0] != row.period]


def indicator_doubts(row: Any, past: Sequence[Other]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Judge an indicator's value beside the same indicator's other ones: column, key and facts."""
    value, days = float(row.value), period_days(str(row.period))
    if days is None or not past:
        return
    year_ago = tuple(day.replace(year=day.year - 1, day=min(day.day, 28)) for day in days)
    for period, known in past:
        span = _days(period)
        if span is None:
            continue
        facts = {"period": period, "known": known}
        begins, ends = (abs((own - then).days) for own, then in zip(span, year_ago, strict=True))
        same_span = begins <= _NEAR and ends <= _NEAR
        if same_span and known > 0 < value and not 1 / RATIO <= value / known <= RATIO:
            yield "value", "doubt.ratio", {**facts, "ratio": RATIO}
        longer = span[0] == days[0] and span[1] < days[1]
        if longer and row.unit != "%" and 0 <= value < known:
            yield "value", "doubt.cumulative", facts
    # What grows over the year is small in January: it stands beside figures up to the same month, if any.
    alike = [known for period, known in past if (span := _days(period)) and span[1].month == days[1].month]
    middle = statistics.median(alike or [known for _, known in past])
    early = not alike and days[1].month <= _EARLY
    if row.unit == "%" and 0 < value <= 1 and middle > 2 and not early:
        yield "value", "doubt.fraction", {"known": middle}
    if row.published_on < pd.Timestamp(days[0]):
        yield "published_on", "doubt.before_period", {"period": str(row.period)}


@cache
def _days(period: str) -> tuple[dt.date, dt.date] | None:
    return period_days(period)
