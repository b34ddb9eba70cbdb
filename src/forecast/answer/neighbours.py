"""Who is near: the provinces whose forecast lies closest to the area's, from the draws of the rank."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.answer.findings import scored
from forecast.answer.result import NEIGHBOUR_COLUMNS
from forecast.base.spec import RunSpec
from forecast.data.framework import TOTAL
from forecast.model.simulate import Draws, quantiles

Floats = NDArray[np.float64]

NEAREST: Final = 10
ENDS: Final = (0.1, 0.5, 0.9)


def neighbours(target: Draws, spec: RunSpec, evidence: pd.DataFrame) -> pd.DataFrame:
    """Set out the nearest provinces, the highest first; see `Result.neighbours`.

    Parameters
    ----------
    target : Draws
        The joint draws of all provinces that the rank is read off.
    evidence : DataFrame
        As `Result.evidence`: gives last year's published scores and ranks.
    """
    points = scored(target, spec.index_code)
    home = target.subject.areas.index(spec.area)
    lower, median, upper = quantiles(points, ENDS)
    near = _nearest(median, home)
    areas = [target.subject.areas[place] for place in near]
    last = _last_year(evidence, spec).reindex(areas)
    ahead = (points[:, near] > points[:, [home]]).mean(axis=0)
    return pd.DataFrame(
        {
            "area": areas,
            "last_score": last["observed_share"].to_numpy() * 100,
            "last_rank": last["rank"].to_numpy(),
            "median": median[near],
            "lower": lower[near],
            "upper": upper[near],
            "p_ahead": np.round(ahead, 6),
        },
        columns=list(NEIGHBOUR_COLUMNS),
    ).round({"last_score": 4})


def _nearest(median: Floats, home: int) -> NDArray[np.intp]:
    """Places of the provinces whose medians are nearest to the area's, the highest median first."""
    distance = np.abs(median - median[home])
    distance[home] = np.inf
    near = np.argsort(distance, kind="stable")[: min(NEAREST, len(median) - 1)]
    return near[np.argsort(-median[near], kind="stable")]


def _last_year(evidence: pd.DataFrame, spec: RunSpec) -> pd.DataFrame:
    """Published totals of the year before, by area: observed_share and rank, either may be missing."""
    own = (
        (evidence["index_code"] == spec.index_code)
        & (evidence["year"] == spec.target_year - 1)
        & (evidence["component"] == TOTAL)
        & (evidence["statistic"] == "value")
    )
    return (
        evidence.loc[own].drop_duplicates("area").set_index("area")[["observed_share", "rank"]].astype(float)
    )
