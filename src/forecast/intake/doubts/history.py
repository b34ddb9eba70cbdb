"""Gather the known figures of an index in other years, as tables of areas by components in percent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from forecast.base.arrays import Floats
from forecast.data.framework import TOTAL, WHOLE, breaks, with_share
from forecast.data.load import Vintages
from forecast.data.tables import COUNTRY, RELATED_CODES
from forecast.intake.doubts.plausible import FEWEST, robust_spread

REACH: Final = 3  # years whose mean stands for a place's usual figure
COMMON: Final = 5  # places from which the movement of a year is known
_COLUMNS: Final = ["area", "component", "year", "score", "unit", "maximum", "percent", "rank", "source_url"]


@dataclass(frozen=True, eq=False)  # without slots: what is derived is kept
class History:
    """The known figures of one index."""

    # one row a figure of a province: area, component, year, score, unit, maximum, percent (of the maximum),
    # rank, source_url
    figures: pd.DataFrame
    # lowest and highest figure that was published for the country, in percent, by year and component
    ends: Mapping[tuple[int, str], tuple[float, float]]
    breaks: tuple[int, ...] = ()  # years whose figures are on another level than those before

    def table(self, year: int) -> pd.DataFrame:
        """Percent by area and component in one year."""
        return self._tables.get(year, pd.DataFrame(dtype=float))

    @cached_property
    def _tables(self) -> dict[int, pd.DataFrame]:
        known = self.figures.dropna(subset="percent")
        every = known.pivot_table(
            index=["year", "area"], columns="component", values="percent", aggfunc="first"
        )
        return {
            int(str(year)): own.droplevel("year").dropna(axis="columns", how="all")
            for year, own in every.groupby(level="year")
        }

    def table_like(self, other: pd.DataFrame, year: int) -> pd.DataFrame:
        """Percent in one year, with the rows and columns of another table."""
        return self.table(year).reindex(index=other.index, columns=other.columns)

    @cached_property
    def by_component(self) -> dict[str, Floats]:
        """Percent of all areas and years by component."""
        known = self.figures.dropna(subset="percent")
        return {str(name): own.to_numpy() for name, own in known.groupby("component")["percent"]}

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years with any score."""
        return tuple(sorted({int(year) for year in self.figures["year"]}))

    @cached_property
    def spread_of_changes(self) -> float:
        """Robust standard deviation of the changes of totals from year to year, about each year's middle.

        NaN of fewer than `FEWEST` changes.
        """
        changes = [
            (self.totals(year) - self.totals(year - 1)).dropna().to_numpy(dtype=float) for year in self.years
        ]
        about = np.concatenate(
            [own - np.median(own) for own in changes if len(own) >= COMMON] or [np.array([])]
        )
        return robust_spread(about) if len(about) >= FEWEST else np.nan

    def totals(self, year: int) -> pd.Series[float]:
        """Total of each area in a year, in percent."""
        table = self.table(year)
        return table[TOTAL] if TOTAL in table else pd.Series(dtype=float)

    def ranks(self, year: int) -> pd.Series[float]:
        """Rank by total of each area in a year."""
        own = self.figures[(self.figures["year"] == year) & (self.figures["component"] == TOTAL)]
        return own.set_index("area")["rank"].dropna()

    def movement(self, year: int, other: int, totals: pd.Series[float]) -> float:
        """Movement of all totals from another year to this, whose new `totals` count too; NaN if unknown.

        Of few places nothing is known but that there is none to speak of, if no break lies between.
        """
        moves = (totals.combine_first(self.totals(year)) - self.totals(other)).dropna()
        if len(moves) >= COMMON:
            return float(moves.median())
        span = range(min(year, other) + 1, max(year, other) + 1)
        return np.nan if any(broken in span for broken in self.breaks) else 0.0

    def usual(self, year: int, like: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Each cell's usual figure before a year, on the level of the nearest year, and that year (0: none).

        It is the mean of up to `REACH` years before (without any: after) the year, each moved to the level of
        the nearest one; NaN where the nearest one has nothing in the column.
        """
        before = [other for other in self.years if year - REACH <= other < year]
        near = before[::-1] or [other for other in self.years if year < other <= year + REACH]
        if not near:
            return like * np.nan, 0
        tables = [self.table_like(like, other) for other in near]
        moved = [table - table.median() + tables[0].median() for table in tables]
        return pd.concat(moved).groupby(level=0).mean().reindex(like.index), near[0]


def history(vintages: Vintages, index_code: str, as_of: dt.date) -> History:
    """Gather what is known of an index on a day."""
    own = vintages.settled_of(index_code, as_of)
    if index_code in RELATED_CODES:
        own = own.assign(maximum=own["max_score"], share=own["score"] / own["max_score"], statistic="value")
    else:
        own = with_share(own, vintages.frames["frameworks"], vintages.frames["events"], as_of)
    own = own.assign(percent=own["share"] * WHOLE)
    areas = vintages.frames["areas"]
    provinces = areas.loc[areas["kind"] == "province", "area"]
    values = own[(own["statistic"] == "value") & own["area"].isin(provinces)]
    country = own[(own["area"] == COUNTRY) & own["percent"].notna()]
    keys = zip(country["year"], country["component"], strict=True)
    ends: dict[tuple[int, str], tuple[float, float]] = {}
    for key, statistic, percent in zip(keys, country["statistic"], country["percent"], strict=True):
        low, high = ends.get(key, (-np.inf, np.inf))
        ends[key] = (percent if statistic == "min" else low, percent if statistic == "max" else high)
    broken = breaks(vintages.frames["events"], index_code)
    return History(values[_COLUMNS].reset_index(drop=True), ends, broken)
