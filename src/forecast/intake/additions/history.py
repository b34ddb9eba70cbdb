"""What is known of an index in other years, as tables of areas by components in percent of the maximum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from forecast.data.framework import WHOLE, with_share
from forecast.data.load import Vintages
from forecast.data.tables import COUNTRY, RELATED_CODES

REACH: Final = 3  # years whose mean stands for a place's usual figure


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The known figures of one index.

    Attributes
    ----------
    figures
        One row a figure of a province: area, component, year, score, unit, maximum, percent (of the
        maximum), rank, source_url, row (in the table).
    ends
        Lowest and highest figure that was published for the country, in percent, by year and component.
    """

    figures: pd.DataFrame
    ends: Mapping[tuple[int, str], tuple[float, float]]

    def table(self, year: int) -> pd.DataFrame:
        """Percent by area and component in one year."""
        own = self.figures[(self.figures["year"] == year) & self.figures["percent"].notna()]
        return own.pivot_table(index="area", columns="component", values="percent", aggfunc="first")

    @property
    def years(self) -> tuple[int, ...]:
        """Years with any score."""
        return tuple(sorted({int(year) for year in self.figures["year"]}))

    def usual(self, year: int, like: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """Each cell's usual figure before a year, on the level of the nearest year, and that year.

        Parameters
        ----------
        like
            Table whose rows and columns are wanted.

        Returns
        -------
        DataFrame
            Mean of up to `REACH` years before (without any: after) the year, each moved to the nearest
            one's level; NaN where the nearest one knows nothing of the column.
        int
            The nearest year; 0 if none is near.
        """
        before = [other for other in self.years if year - REACH <= other < year]
        after = [other for other in self.years if year < other <= year + REACH]
        near = before[::-1] or after
        tables = [self.table(other).reindex(index=like.index, columns=like.columns) for other in near]
        if not tables:
            return like * np.nan, 0
        level = tables[0].median()
        moved = [table - table.median() + level for table in tables]
        mean = pd.concat(moved).groupby(level=0).mean().reindex(like.index)
        return mean, near[0]


def history(vintages: Vintages, index_code: str, as_of: dt.date) -> History:
    """Gather what is known of an index on a day."""
    own = vintages.settled_of(index_code, as_of)
    if index_code in RELATED_CODES:
        own = own.assign(maximum=own["max_score"], share=own["score"] / own["max_score"], statistic="value")
    else:
        own = with_share(own, vintages.frames["frameworks"], vintages.frames["events"], as_of)
    own = own.assign(percent=own["share"] * WHOLE)
    columns = ["area", "component", "year", "score", "unit", "maximum", "percent", "rank", "source_url"]
    areas = vintages.frames["areas"]
    provinces = areas.loc[areas["kind"] == "province", "area"]
    values = own[(own["statistic"] == "value") & own["area"].isin(provinces)]
    return History(values[columns].reset_index(drop=True), _ends(own))


def _ends(own: pd.DataFrame) -> dict[tuple[int, str], tuple[float, float]]:
    country = own[(own["area"] == COUNTRY) & own["statistic"].isin(("min", "max")) & own["percent"].notna()]
    found: dict[tuple[int, str], tuple[float, float]] = {}
    for year, component, statistic, percent in zip(
        country["year"], country["component"], country["statistic"], country["percent"], strict=True
    ):
        low, high = found.get((int(year), str(component)), (float("-inf"), float("inf")))
        pair = (float(percent), high) if statistic == "min" else (low, float(percent))
        found[int(year), str(component)] = pair
    return found
