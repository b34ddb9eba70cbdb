"""Figures of one year that cannot all be right: parts that are not the whole, ranks against the scores.

Everything is in points of one index and year; what is not known is NaN and proves nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from forecast.data.framework import TOTAL, WHOLE, Framework
from forecast.data.load.misprints import SUMS

LEAST_TOLERANCE: Final = (
    0.05  # eight figures and their sum, each rounded to two decimals, are 0.045 off at most
)
_ROUNDING: Final = 0.005  # of one figure with two decimals
Sums = Sequence[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A figure that others of its year contradict."""

    # "sum": `stated` points, but the parts give `due`; "rank": rank `stated`, but the scores give `due`
    kind: Literal["sum", "rank"]
    area: str
    component: str
    stated: float
    due: float
    parts: tuple[str, ...] = ()  # of a sum, the components that were added

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


def in_points(rows: pd.DataFrame, framework: Framework) -> pd.Series:
    """Give scores with `unit` and `share` in points; NaN where a percent's maximum was not read."""
    certain = {
        name: framework.maximum(name) if framework.max_status(name) == "read" else np.nan
        for name in set(rows["component"])
    } | {TOTAL: WHOLE}
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
            parts = tuple(points.loc[area, known].dropna().index)
            stated, sums_to = float(whole.loc[area]), round(float(due.loc[area]), 4)
            yield Contradiction("sum", str(area), parent, stated, sums_to, parts)


def _ranks(points: pd.DataFrame, ranks: pd.DataFrame, provinces: int) -> Iterator[Contradiction]:
    for component in ranks.columns:
        scores = points[component].dropna() if component in points.columns else pd.Series(dtype=float)
        if len(scores) < provinces:
            continue
        both = pd.DataFrame({"score": scores, "rank": ranks[component]}).dropna()
        for area, own, rank in both.itertuples(name=None):
            least = 1 + int((scores > own + 2 * _ROUNDING + 1e-9).sum())
            most = len(scores) - int((scores < own - 2 * _ROUNDING - 1e-9).sum())
            if not least <= rank <= most:
                due = 1 + int((scores > own).sum())
                yield Contradiction("rank", str(area), str(component), float(rank), due)


def wide(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a column out by area and component, the last row of a cell taken."""
    return rows.dropna(subset=column).pivot_table(
        index="area", columns="component", values=column, aggfunc="last"
    )


def of_years(
    rows: pd.DataFrame, frameworks: Mapping[int, Framework], provinces: Mapping[int, int]
) -> pd.DataFrame:
    """List the contradictions of several years: year, area, component, kind, stated, due, parts.

    Rows are the provinces' own scores of one index: year, area, component, score, unit, share, rank.
    """
    rows_found = []
    for year, of_year in rows.groupby("year"):
        framework = frameworks[int(str(year))]
        own = of_year.assign(points=in_points(of_year, framework))
        sums = sums_of(framework)
        for found in contradictions(wide(own, "points"), wide(own, "rank"), sums, provinces[int(str(year))]):
            parts = ", ".join(found.parts)
            rows_found.append(
                (int(str(year)), found.area, found.component, found.kind, found.stated, found.due, parts)
            )
    return pd.DataFrame(rows_found, columns=["year", "area", "component", "kind", "stated", "due", "parts"])
