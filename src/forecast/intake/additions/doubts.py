"""What is possible and yet unlikely in new figures: each doubt names its cells and says why.

Figures stand beside those of other years (plausible.py does the sums) and beside each other: totals
beside their parts, ranks beside scores.  A doubt stops an addition until a person insists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.data.framework import TOTAL
from forecast.intake.additions import plausible
from forecast.intake.additions.history import History

Cell = tuple[str, str]  # area and component
SUM_TOLERANCE: Final = (
    0.05  # eight figures and their sum, each rounded to two decimals, are at most 0.045 off
)
_RANGE_TOLERANCE: Final = 0.02
_MOST_TOLD: Final = 12  # cells of one kind that a message lists one by one


@dataclass(frozen=True, slots=True)
class Doubt:
    """One doubt: `key` of the catalogue with its facts; `area` and `component` say where (``""``: all)."""

    key: str
    area: str = ""
    component: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


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

    index_code: str
    year: int
    percent: pd.DataFrame
    printed: pd.DataFrame
    ranks: pd.Series[float]
    maxima: Mapping[str, float]
    addends: tuple[str, ...] = ()


def judge(case: Case, history: History) -> list[Doubt]:
    """List the doubts about new figures, the gravest kind first."""
    found = [*_copies(case, history), *_beside_past(case, history), *_far_below_all(case, history)]
    return [*found, *_beside_ends(case, history), *_totals(case), *_rank_order(case)]


def _copies(case: Case, history: History) -> Iterator[Doubt]:
    """Another year's table under this year's name."""
    now = case.percent.to_numpy()
    for year in history.years:
        if year == case.year:
            continue
        other = history.table(year).reindex(index=case.percent.index, columns=case.percent.columns)
        equal, known = plausible.copied(now, other.to_numpy(dtype=float))
        few = case.percent.size < plausible.FEWEST_COPIED and equal
        if few or (known >= plausible.FEWEST_COPIED and equal > plausible.COPY * known):
            yield Doubt(
                "doubt.copy", facts={"year": case.year, "other": year, "equal": equal, "known": known}
            )


def _beside_past(case: Case, history: History) -> Iterator[Doubt]:
    frame = case.percent
    usual, nearest = history.usual(case.year, frame)
    last = history.table(nearest).reindex(index=frame.index, columns=frame.columns) if nearest else usual
    if not nearest:
        return
    now, before, mean = frame.to_numpy(), last.to_numpy(dtype=float), usual.to_numpy(dtype=float)
    names = list(frame.columns)
    facts: dict[str, Any] = {"year": case.year, "other": nearest}
    off = _levels(now, before)
    for column in off:
        middle = float(np.nanmedian(now[:, column]))
        yield Doubt(
            "doubt.level",
            component=names[column],
            facts={
                **facts,
                "now": round(middle, 1),
                "before": round(float(np.nanmedian(before[:, column])), 1),
            },
        )
    like = plausible.likeness(now, mean)
    if like < plausible.LIKENESS:
        yield Doubt("doubt.unlike", facts={**facts, "found": round(like, 2)})
        return  # rows that are mixed up would be told one by one
    moved = plausible.moved_columns(now, mean)
    for column, other in moved:
        yield Doubt("doubt.column", component=names[column], facts={**facts, "like": names[other]})
    parts = [place for place, name in enumerate(names) if name != TOTAL]
    rows = parts if len(parts) > 1 else list(range(len(names)))
    for pair in () if moved else plausible.swapped_rows(now[:, rows], mean[:, rows]):
        areas = str(frame.index[pair.first]), str(frame.index[pair.second])
        yield Doubt("doubt.swap", area=areas[0], facts={**facts, "other_area": areas[1]})
    skipped = {*off, *(column for column, _ in moved)}
    yield from _jumps(case, before, nearest, skipped)


def _far_below_all(case: Case, history: History) -> Iterator[Doubt]:
    """A first figure of its place far below those of the whole index: points typed as percent, say."""
    known = history.figures.dropna(subset="percent")
    middle = float(known["percent"].median())
    placed = set(zip(known["area"], known["component"], strict=True))
    for place, component in np.argwhere(case.percent.to_numpy() < plausible.FAR_BELOW * middle):
        cell = str(case.percent.index[place]), str(case.percent.columns[component])
        if cell not in placed:
            now = float(case.percent.iloc[place, component])
            yield Doubt("doubt.far_below_all", *cell, {"now": round(now, 2), "middle": round(middle, 1)})


def _levels(now: NDArray[np.float64], before: NDArray[np.float64]) -> list[int]:
    moves = plausible.level_moves(now, before)
    return [int(column) for column in np.flatnonzero(np.abs(moves) > plausible.LEVEL)]


def _jumps(case: Case, before: NDArray[np.float64], nearest: int, skipped: set[int]) -> Iterator[Doubt]:
    now = case.percent.to_numpy()
    size = np.abs(plausible.jumps(now, before))
    found = [(row, column) for row, column in np.argwhere(size > plausible.JUMP) if column not in skipped]
    for row, column in found[:_MOST_TOLD]:
        yield Doubt(
            "doubt.jump",
            str(case.percent.index[row]),
            str(case.percent.columns[column]),
            {
                "other": nearest,
                "now": round(float(now[row, column]), 2),
                "before": round(float(before[row, column]), 2),
            },
        )


def _beside_ends(case: Case, history: History) -> Iterator[Doubt]:
    """A figure outside the lowest and highest that were published for the year."""
    for component in case.percent.columns:
        low, high = history.ends.get((case.year, component), (-np.inf, np.inf))
        own = case.percent[component].dropna()
        outside = own[(own < low - _RANGE_TOLERANCE) | (own > high + _RANGE_TOLERANCE)]
        for area, value in list(outside.items())[:_MOST_TOLD]:
            key = "doubt.below_lowest" if value < low else "doubt.above_highest"
            end = float(low if value < low else high)
            yield Doubt(key, str(area), component, {"end": round(end, 2), "now": round(float(value), 2)})


def _totals(case: Case) -> Iterator[Doubt]:
    """A total that its parts do not make."""
    if TOTAL not in case.percent:
        return
    if case.addends:
        yield from _sums(case)
        return
    parts = [name for name in case.percent.columns if name != TOTAL]
    low, high = case.percent[parts].min(axis=1), case.percent[parts].max(axis=1)
    full = (
        case.percent[parts].notna().all(axis=1) if len(parts) > 1 else pd.Series(data=False, index=low.index)
    )
    own = case.percent[TOTAL]
    rows = own[full & ((own < low - _RANGE_TOLERANCE) | (own > high + _RANGE_TOLERANCE))]
    for area in rows.index[:_MOST_TOLD]:
        facts = {"low": round(float(low[area]), 2), "high": round(float(high[area]), 2)}
        yield Doubt("doubt.between", str(area), TOTAL, {**facts, "now": round(float(own[area]), 2)})


def _sums(case: Case) -> Iterator[Doubt]:
    if not set(case.addends) <= set(case.percent.columns):
        return
    maxima = np.array([case.maxima[name] for name in case.addends])
    sums = (case.percent[list(case.addends)] * maxima / 100).sum(axis=1, skipna=False)
    total = case.percent[TOTAL] * maxima.sum() / 100
    off = (total - sums).abs()
    rows = off[off > SUM_TOLERANCE]
    for area in rows.index[:_MOST_TOLD]:
        facts = {"sum": round(float(sums[area]), 4), "total": round(float(total[area]), 4)}
        yield Doubt("doubt.sum", str(area), TOTAL, facts)


def _rank_order(case: Case) -> Iterator[Doubt]:
    """A rank that the order of the totals contradicts."""
    if TOTAL not in case.printed:
        return
    both = pd.DataFrame({"score": case.printed[TOTAL], "rank": case.ranks}).dropna()
    told = 0
    for area, score, rank in both.itertuples():
        better = int((both["score"] > score).sum())
        worse = int((both["score"] < score).sum())
        least, most = 1 + better, len(both) - worse
        whole_table = len(both) == both["rank"].max()
        wrong = not least <= rank <= most if whole_table else _disordered(both, score, rank)
        if wrong and told < _MOST_TOLD:
            told += 1
            facts = {"rank": int(rank), "score": float(score), "due": least}
            key = "doubt.rank" if whole_table else "doubt.rank_order"
            yield Doubt(key, str(area), TOTAL, facts)


def _disordered(both: pd.DataFrame, score: float, rank: float) -> bool:
    """Whether somebody has more points and a worse rank, or fewer and a better one."""
    more = both["score"] > score
    less = both["score"] < score
    return bool((both.loc[more, "rank"] > rank).any() or (both.loc[less, "rank"] < rank).any())
