"""What an indicator that no rule scores does in a scenario: points for each unit at the end of the year.

A scenario says where an indicator stands at the end of the year, so it is held against where the forecast
expects it then: a cumulative one is projected, another one stays as it is.  What a unit is worth was learnt
on figures of one day of the year; a gap on that day counts as the same gap at the year's end.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.findings import phrase
from forecast.answer.scorecard import pace
from forecast.base.arrays import Floats
from forecast.base.spec import RunSpec
from forecast.data.load import Known
from forecast.model.simulate import stream

CUMULATIVE: Final = "cumulative"


@dataclass(frozen=True, slots=True, eq=False)
class Elasticity:
    """What one indicator is worth to one area."""

    component: str  # the domain that it moves
    per_unit: Floats  # (n,): points of it for one more unit, in each of the forecast's draws
    # (n,): points of it that the indicator's change since last year has moved already, in each of them
    since_last: Floats
    expected: float  # where the forecast sees the indicator at the end of the year; NaN if nowhere
    reason: str = ""  # a phrase: why it moves nothing; empty where it does


def elasticity(
    known: Known, spec: RunSpec, code: str, now: float, effect: tuple[str, Floats, Floats], reason: str
) -> Elasticity:
    """Give what a unit of an indicator at the end of the year is worth, or nothing for a `reason`.

    `now` is the area's latest figure, NaN if the year has none; `effect` the component, points a unit, and
    points that the change since last year has moved, in each draw.
    """
    row = known.indicator_types.set_index("indicator_code").loc[code]
    expected = _projected(known, spec, code) if row["kind"] == CUMULATIVE else now
    if not reason and row["lag"] > 0:
        reason = phrase("scenario.settled")
    if not reason and np.isnan(expected):
        reason = phrase("scenario.not_projected")
    return Elasticity(*effect, expected, reason)


def _projected(known: Known, spec: RunSpec, code: str) -> float:
    """The middle of what a cumulative indicator is expected to reach; NaN if its pace is not known."""
    figures: pd.DataFrame = pace.of_area(known.indicators, code, spec.area)
    if figures.empty:
        return np.nan
    draws = pace.project(figures, spec.target_year, spec.draws, stream(spec.seed, f"pace of {code}")).draws
    return float(np.median(draws)) if len(draws) else np.nan
