"""Figures of one year that cannot all be right: parts that are not the whole, ranks against the scores.

Everything is in points of one index and year; what is not known is NaN and proves nothing.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.data.framework import TOTAL, WHOLE, Framework
from forecast.data.load.misprints import SUMS

LEAST_TOLERANCE: Final = (
    0.05  # eight figures and their sum, each rounded to two decimals, are 0.045 off at most
)
_ROUNDING: Final = 0.005  # of one figure with two decimals
_ONE_DECIMAL: Final = 0.05  # rounding of one figure with one
_FEWEST_EXPLAINED: Final = 3  # two ranks that are exchanged are explained by either of their scores
_MOST_TRIED: Final = 3  # areas; others may be far from their rank because the rank is wrong
Sums = Sequence[tuple[str, tuple[str, ...]]]
Misplaced = tuple[str, float, int]  # an area, the rank that is stated, the rank that is due


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A figure that others of its year contradict."""

    # "sum": `stated` points, but the parts give `due`; "rank": rank `stated`, but the scores give `due`;
    # "score": `stated` points put their area at rank `due`, and that alone contradicts so many `ranks`
    kind: Literal["sum", "rank", "score"]
    area: str
    component: str
    stated: float
    due: float
    parts: tuple[str, ...] = ()  # of a sum, the components that were added
    ranks: int = 1

    def touches(self, cells: set[tuple[str, str]]) -> bool:
        """Whether one of its figures is among the cells (area and component)."""
        return any((self.area, name) in cells for name in (self.component, *self.parts))


def sums_of(framework: Framework) -> Sums:
    """List what adds up to what in a year: domains, parts, and the criteria that its own version has."""
    sums: dict[tuple[str, tuple[str, ...]], None] = {(TOTAL, parts): None for parts in SUMS}
    sums[TOTAL, ("part.appraised", "part.impact")] = None
    sums["D8", ("D8.sipas", "D8.outcome")] = None
    if framework.name == framework.maxima_from and len(framework.criteria):
        for parent, rows in framework.criteria.groupby("parent", sort=False):
            sums[str(parent), tuple(rows["component"])] = None
    return tuple(sums)


def certain_maxima(framework: Framework, components: Collection[str]) -> dict[str, float]:
    """Give the maxima that were read; NaN of the others: of percent of these no points follow."""
    return {
        name: framework.maximum(name) if framework.max_status(name) == "read" else np.nan
        for name in components
    } | {TOTAL: WHOLE}


def coarse_step(printed: Floats) -> float:
    """By how much each of some figures may be rounded that are printed with one decimal; of others 0.

    Tolerances allow for two decimals anyhow; of whole numbers alone nothing follows.

    >>> [coarse_step(np.array(printed)) for printed in ([7.9, 8.0, np.nan], [7.93, 8.0], [7.0, 8.0])]
    [0.05, 0.0, 0.0]
    """
    printed = printed[~np.isnan(printed)]
    one, none = (np.allclose(printed, printed.round(decimals), 0, 1e-6) for decimals in (1, 0))
    return _ONE_DECIMAL if one and not none else 0.0


def in_points(rows: pd.DataFrame, framework: Framework) -> pd.Series:
    """Give scores with `unit` and `share` in points; NaN where a percent's maximum was not read."""
    certain = certain_maxima(framework, set(rows["component"]))
    maxima = rows["component"].map(certain).astype(float)
    return rows["score"].where(rows["unit"] == "points", rows["share"] * maxima)


def contradictions(
    points: pd.DataFrame, ranks: pd.DataFrame, sums: Sums, provinces: int
) -> list[Contradiction]:
    """List the contradictions of one index and year, from points and ranks by area and component.

    From the count of provinces follow a component's ranks, from `sums_of` what adds up.
    """
    return [*_sums(points, sums), *_ranks(points, ranks, provinces)]


def _sums(points: pd.DataFrame, sums: Sums) -> Iterator[Contradiction]:
    for parent, children in sums:
        known = [name for name in children if name in points.columns]
        if parent not in points.columns or not known:
            continue
        due, whole = points[known].sum(axis=1), points[parent]
        complete = points[known].notna().all(axis=1) & (len(known) == len(children))
        gap = (whole - due).where(complete, np.minimum(whole - due, 0.0))  # missing parts can only add
        tolerance = max(LEAST_TOLERANCE, _ROUNDING * (len(children) + 1))
        for area in points.index[(gap.abs() > tolerance + 1e-9) & points[known].notna().any(axis=1)]:
            coarse = coarse_step(points.loc[area, known].to_numpy(dtype=float))
            if abs(gap[area]) <= tolerance + coarse * len(children):
                continue
            parts = tuple(points.loc[area, known].dropna().index)
            stated, sums_to = float(whole.loc[area]), round(float(due.loc[area]), 4)
            yield Contradiction("sum", str(area), parent, stated, sums_to, parts)


def _ranks(points: pd.DataFrame, ranks: pd.DataFrame, provinces: int) -> Iterator[Contradiction]:
    points, ranks = points.rename(index=str), ranks.rename(index=str)
    for component in map(str, ranks.columns):
        scores = points[component].dropna() if component in points.columns else pd.Series(dtype=float)
        if len(scores) < provinces:
            continue
        causes, rest = causes_of(scores, ranks[component], misplaced)
        for area, count in causes:
            due = 1 + int((scores > scores[area]).sum())
            yield Contradiction("score", area, component, float(scores[area]), due, ranks=count)
        for area, rank, due in rest:
            yield Contradiction("rank", area, component, rank, due)


def misplaced(scores: pd.Series, ranks: pd.Series, slack: float = 2 * _ROUNDING + 1e-9) -> list[Misplaced]:
    """List the ranks that do not follow from the scores, which may be off by `slack`; all have a score."""
    wrong = []
    both = pd.DataFrame({"score": scores, "rank": ranks.reindex(scores.index)}).dropna()
    for area, own, rank in both.itertuples(name=None):
        least = 1 + int((scores > own + slack).sum())
        most = len(scores) - int((scores < own - slack).sum())
        if not least <= rank <= most:
            wrong.append((str(area), float(rank), 1 + int((scores > own).sum())))
    return wrong


def causes_of(
    scores: pd.Series, ranks: pd.Series, find: Callable[[pd.Series, pd.Series], list[Misplaced]]
) -> tuple[list[tuple[str, int]], list[Misplaced]]:
    """Find the scores by which alone many ranks are wrong: one slipped total moves all provinces below it.

    `find` lists wrong ranks.  Gives each such area with the count of ranks that are right as soon as its
    score stands where its rank is; and the wrong ranks that are left.
    """
    causes: list[tuple[str, int]] = []
    wrong = find(scores, ranks)
    whole = _with_missing_rank(ranks.reindex(scores.index))
    while len(wrong) >= _FEWEST_EXPLAINED:
        candidates = [
            (area, mended, find(mended, ranks))
            for area in _farthest(scores, whole)
            for mended in [scores.where(scores.index != area, _fitting(scores, whole, area))]
        ]
        area, scores, left = min(candidates, key=lambda one: len(one[2]), default=("", scores, wrong))
        if len(wrong) - len(left) < _FEWEST_EXPLAINED:
            break
        causes.append((area, len(wrong) - len(left)))
        wrong = left
    return causes, wrong


def _with_missing_rank(ranks: pd.Series) -> pd.Series:
    """Give the one area without a rank the one rank that no other has."""
    free = set(range(1, len(ranks) + 1)) - set(ranks)
    return ranks.fillna(free.pop()) if ranks.isna().sum() == len(free) == 1 else ranks


def _farthest(scores: pd.Series, ranks: pd.Series) -> list[str]:
    """Areas whose place by scores is farthest from their rank; of two with one rank the rank may be wrong."""
    both = pd.DataFrame({"score": scores, "rank": ranks}).dropna()
    apart = (both["score"].rank(ascending=False) - both["rank"].rank()).abs()
    apart = apart[~both["rank"].duplicated(keep=False)]
    return [str(area) for area in apart.nlargest(_MOST_TRIED).index]


def _fitting(scores: pd.Series, ranks: pd.Series, area: str) -> float:
    """Score between those of the neighbours by rank."""
    both = pd.DataFrame({"score": scores, "rank": ranks}).dropna().sort_values("rank")
    own = both.loc[area, "rank"]
    above, below = both.loc[both["rank"] < own, "score"], both.loc[both["rank"] > own, "score"]
    high = above.iloc[-1] if len(above) else below.iloc[0] + 1
    low = below.iloc[0] if len(below) else high - 1
    return float(high + low) / 2


def wide(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a column out by area and component, the last row of a cell taken."""
    return rows.dropna(subset=column).pivot_table(
        index="area", columns="component", values=column, aggfunc="last"
    )


def of_years(
    rows: pd.DataFrame, frameworks: Mapping[int, Framework], provinces: Mapping[int, int]
) -> pd.DataFrame:
    """List the contradictions of several years: year, area, component, kind, stated, due, parts, ranks.

    Rows are the provinces' own scores of one index: year, area, component, score, unit, share, rank.
    """
    rows_found = []
    for year, of_year in rows.groupby("year"):
        framework = frameworks[int(str(year))]
        own = of_year.assign(points=in_points(of_year, framework))
        sums = sums_of(framework)
        for one in contradictions(wide(own, "points"), wide(own, "rank"), sums, provinces[int(str(year))]):
            cell = int(str(year)), one.area, one.component
            parts = ", ".join(one.parts)
            rows_found.append((*cell, one.kind, one.stated, one.due, parts, one.ranks))
    columns = ["year", "area", "component", "kind", "stated", "due", "parts", "ranks"]
    return pd.DataFrame(rows_found, columns=columns)
