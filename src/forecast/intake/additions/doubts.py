"""Doubts about new figures that are possible and yet unlikely: each names its cell and says why.

Figures stand beside those of other years (plausible.py does the sums) and beside each other: totals
beside their parts, ranks beside scores.  A doubt stops an addition until a person insists.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, Final

import numpy as np
import pandas as pd

from forecast.data.framework import TOTAL
from forecast.data.load.cells import period_days
from forecast.intake.additions import plausible
from forecast.intake.additions.history import History

SUM_TOLERANCE: Final = 0.05  # eight figures and their sum, each with two decimals, are at most 0.045 off
RATIO: Final = 5.0  # an indicator that grows or shrinks by more within a year may have another unit
_RANGE_TOLERANCE: Final = 0.02
_MOST_LISTED: Final = 12  # cells of one kind that a message lists one by one
_NEAR: Final = 15  # days by which spans of two years may differ and yet be compared
_EARLY: Final = 2  # month up to which a rate that grows over the year may well be under 1 percent


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt: `key` of the catalogue with its facts; where: area and component of a score, or a column."""

    key: str
    area: str = ""
    component: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    column: str = ""

    @property
    def all_facts(self) -> dict[str, Any]:
        """Facts of the sentence, with area and component."""
        return {"area": self.area, "component": self.component, **self.facts}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """New figures of one index and year.

    Attributes
    ----------
    percent
        By area and component, percent of the maximum; NaN where there is no figure.
    printed
        The same cells in the unit in which they were given.
    ranks
        Rank of the total by area; NaN where none is given.
    maxima
        Maximum of each component in the unit in which it was given.
    addends
        Components that add up to the total; of an index without any the total lies between its parts.
    """

    year: int
    percent: pd.DataFrame
    printed: pd.DataFrame
    ranks: pd.Series[float]
    maxima: Mapping[str, float]
    addends: tuple[str, ...] = ()


def judge(case: Case, history: History) -> list[Doubt]:
    """List the doubts about new figures, the gravest kind first."""
    doubts = [*_copies(case, history), *_unlike_other_years(case, history), *_far_below_all(case, history)]
    return [*doubts, *_outside_range(case, history), *_totals(case), *_rank_order(case)]


def _copies(case: Case, history: History) -> Iterator[Doubt]:
    """Another year's table under this year's name."""
    now = case.percent.to_numpy()
    for year in history.years:
        if year == case.year:
            continue
        equal, known = plausible.copied(now, history.table_like(case.percent, year).to_numpy(dtype=float))
        few = case.percent.size < plausible.FEWEST_COPIED and equal
        if few or (known >= plausible.FEWEST_COPIED and equal > plausible.COPY * known):
            facts = {"year": case.year, "other": year, "equal": equal, "known": known}
            yield Doubt("doubt.copy", facts=facts)


def _unlike_other_years(case: Case, history: History) -> Iterator[Doubt]:
    """Levels that moved, rows or columns that are mixed up or exchanged, cells that jump."""
    frame = case.percent
    usual, nearest = history.usual(case.year, frame)
    if not nearest:
        return
    now, mean = frame.to_numpy(), usual.to_numpy(dtype=float)
    before = history.table_like(frame, nearest).to_numpy(dtype=float)
    names, facts = list(frame.columns), {"year": case.year, "other": nearest}
    off = np.flatnonzero(np.abs(plausible.level_moves(now, before)) > plausible.LEVEL).tolist()
    for column in off:
        middles = (round(float(np.nanmedian(cells[:, column])), 1) for cells in (now, before))
        level = dict(zip(("now", "before"), middles, strict=True))
        yield Doubt("doubt.level", component=names[column], facts={**facts, **level})
    like = plausible.likeness(now, mean)
    if like < plausible.LIKENESS:
        yield Doubt("doubt.unlike", facts={**facts, "found": round(like, 2)})
        return  # rows that are mixed up would be listed one by one
    moved = plausible.moved_columns(now, mean)
    for column, other in moved:
        yield Doubt("doubt.column", component=names[column], facts={**facts, "like": names[other]})
    parts = [place for place, name in enumerate(names) if name != TOTAL]
    columns = parts if len(parts) > 1 else list(range(len(names)))
    for pair in () if moved else plausible.swapped_rows(now[:, columns], mean[:, columns]):
        areas = str(frame.index[pair.first]), str(frame.index[pair.second])
        yield Doubt("doubt.swap", area=areas[0], facts={**facts, "other_area": areas[1]})
    jumps = np.argwhere(np.abs(plausible.jumps(now, before)) > plausible.JUMP)
    skipped = {*off, *(column for column, _ in moved)}
    for row, column in [cell for cell in jumps if cell[1] not in skipped][:_MOST_LISTED]:
        cells = {"now": round(float(now[row, column]), 2), "before": round(float(before[row, column]), 2)}
        yield Doubt("doubt.jump", str(frame.index[row]), str(names[column]), {"other": nearest, **cells})


def _far_below_all(case: Case, history: History) -> Iterator[Doubt]:
    """A first figure of its place far below those of the whole index: points typed as percent, say."""
    known = history.figures.dropna(subset="percent")
    middle = float(known["percent"].median())
    placed = set(zip(known["area"], known["component"], strict=True))
    for row, column in np.argwhere(case.percent.to_numpy() < plausible.FAR_BELOW * middle):
        cell = str(case.percent.index[row]), str(case.percent.columns[column])
        if cell not in placed:
            now = float(case.percent.iloc[row, column])
            yield Doubt("doubt.far_below_all", *cell, {"now": round(now, 2), "middle": round(middle, 1)})


def _outside_range(case: Case, history: History) -> Iterator[Doubt]:
    """A figure outside the lowest and highest that were published for the year."""
    for component in case.percent.columns:
        low, high = history.ends.get((case.year, component), (-np.inf, np.inf))
        own = case.percent[component].dropna()
        outside = own[~own.between(low - _RANGE_TOLERANCE, high + _RANGE_TOLERANCE)]
        for area, value in islice(outside.items(), _MOST_LISTED):
            key, end = ("doubt.below_lowest", low) if value < low else ("doubt.above_highest", high)
            facts = {"end": round(float(end), 2), "now": round(float(value), 2)}
            yield Doubt(key, str(area), component, facts)


def _totals(case: Case) -> Iterator[Doubt]:
    """A total that its parts do not make: not their sum, or not between them."""
    if TOTAL not in case.percent:
        return
    parts = list(case.addends) or [name for name in case.percent.columns if name != TOTAL]
    if len(parts) < 2 or not set(parts) <= set(case.percent.columns):
        return
    own, total = case.percent[parts].dropna(), case.percent[TOTAL]
    if case.addends:
        maxima = np.array([case.maxima[name] for name in parts])
        sums, total = (own * maxima / 100).sum(axis=1), total[own.index] * maxima.sum() / 100
        off = (total - sums).abs()
        for area in off.index[off > SUM_TOLERANCE][:_MOST_LISTED]:
            facts = {"sum": round(float(sums[area]), 4), "total": round(float(total[area]), 4)}
            yield Doubt("doubt.sum", str(area), TOTAL, facts)
        return
    low, high = own.min(axis=1), own.max(axis=1)
    inside = total[own.index].between(low - _RANGE_TOLERANCE, high + _RANGE_TOLERANCE)
    for area in own.index[~inside & total[own.index].notna()][:_MOST_LISTED]:
        ends = {"low": round(float(low[area]), 2), "high": round(float(high[area]), 2)}
        yield Doubt("doubt.between", str(area), TOTAL, {**ends, "now": round(float(total[area]), 2)})


def _rank_order(case: Case) -> Iterator[Doubt]:
    """A rank that the order of the totals contradicts; of a part of the provinces only the order counts."""
    if TOTAL in case.printed:
        yield from islice(_wrong_ranks(case.printed[TOTAL], case.ranks), _MOST_LISTED)


def _wrong_ranks(scores: pd.Series[float], ranks: pd.Series[float]) -> Iterator[Doubt]:
    both = pd.DataFrame({"score": scores, "rank": ranks}).dropna()
    whole_table = len(both) == both["rank"].max()
    for area, score, rank in both.itertuples():
        above, below = both.loc[both["score"] > score, "rank"], both.loc[both["score"] < score, "rank"]
        least, most = 1 + len(above), len(both) - len(below)
        in_order = (
            least <= rank <= most if whole_table else not ((above > rank).any() or (below < rank).any())
        )
        if not in_order:
            facts = {"rank": int(rank), "score": float(score), "due": least}
            yield Doubt("doubt.rank" if whole_table else "doubt.rank_order", str(area), TOTAL, facts)


class IndicatorDoubts:
    """Doubts about an indicator's value beside its other values, which grow as rows are added."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._values: defaultdict[tuple[str, str], list[tuple[str, float]]] = defaultdict(list)
        for row in frame.itertuples(index=False):
            self.add(row)

    def add(self, row: Any) -> None:
        """Take one row in."""
        self._values[str(row.indicator_code), str(row.area)].append((str(row.period), float(row.value)))

    def of(self, row: Any) -> Iterator[Doubt]:
        """Judge one row: another unit, a fall of what can only grow, a day before the period."""
        value, days = float(row.value), period_days(str(row.period))
        own = self._values[str(row.indicator_code), str(row.area)]
        others = [other for other in own if other[0] != row.period]
        if days is None or not others:
            return
        for period, known in others:
            facts, span = {"period": period, "known": known}, _days(period)
            if span is None:
                continue
            if _year_apart(days, span) and known > 0 < value and not 1 / RATIO <= value / known <= RATIO:
                yield Doubt("doubt.ratio", facts={**facts, "ratio": RATIO}, column="value")
            longer = span[0] == days[0] and span[1] < days[1]
            if longer and row.unit != "%" and 0 <= value < known:
                yield Doubt("doubt.cumulative", facts=facts, column="value")
        # What grows over the year is small in January: compare with figures up to the same month, if any.
        alike = [
            known for period, known in others if (span := _days(period)) and span[1].month == days[1].month
        ]
        middle = statistics.median(alike or [known for _, known in others])
        early = not alike and days[1].month <= _EARLY
        if row.unit == "%" and 0 < value <= 1 and middle > 2 and not early:
            yield Doubt("doubt.fraction", facts={"known": middle}, column="value")
        if row.published_on < pd.Timestamp(days[0]):
            yield Doubt("doubt.before_period", facts={"period": str(row.period)}, column="published_on")


def _year_apart(days: tuple[dt.date, dt.date], earlier: tuple[dt.date, dt.date]) -> bool:
    """Whether an earlier span of days is nearly the same one a year ago."""
    year_ago = (day.replace(year=day.year - 1, day=min(day.day, 28)) for day in days)
    return all(abs((own - then).days) <= _NEAR for own, then in zip(earlier, year_ago, strict=True))


@cache
def _days(period: str) -> tuple[dt.date, dt.date] | None:
    return period_days(period)
