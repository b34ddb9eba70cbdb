"""How good earlier forecasts would have been: the same forecast with an earlier day, and what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pandas as pd

from forecast.errors import ForecastError
from forecast.framework import TOTAL
from forecast.load import Known, Vintages
from forecast.spec import RunSpec

COLUMNS: Final = (
    *("model", "index_code", "area", "component", "target_year", "as_of"),
    *("output_type_id", "value", "observed"),
)
KEYS: Final = ["index_code", "area", "component", "target_year"]
FIRST_TARGET: Final = 2018


def past_forecasts(
    vintages: Vintages, known: Known, spec: RunSpec, rows: Callable[[Known, RunSpec], pd.DataFrame]
) -> pd.DataFrame:
    """Forecast each earlier year as it would have been on the same day of that year.

    Parameters
    ----------
    vintages : Vintages
        The tables, from which each earlier day is cut.
    known : Known
        What is known now; its scores are the outcomes.
    spec : RunSpec
    rows : callable
        The forecast itself: FORECAST rows from what was known and a spec.

    Returns
    -------
    DataFrame
        `COLUMNS`: one row per model, area, component, year and quantile level with an outcome;
        points, or percent for SIPAS.
    """
    outcomes = _outcomes(known, spec)
    parts = []
    for year in sorted(set(outcomes["target_year"])):
        day = same_day(spec.as_of, year - spec.target_year)
        try:
            then = vintages.known_at(day)
            asked = replace(spec, target_year=int(year), as_of=day, force=False)
            made = rows(then, asked)
        except ForecastError:
            continue  # nothing was known by that day, or the year was out already
        made = made[made["output_type"] == "quantile"]
        came = _not_among(outcomes[outcomes["target_year"] == year], _outcomes(then, spec))
        parts.append(made.merge(came, on=KEYS))
    if not parts:
        return no_record()
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def no_record() -> pd.DataFrame:
    """A record without rows."""
    return pd.DataFrame(columns=list(COLUMNS))


def _outcomes(known: Known, spec: RunSpec) -> pd.DataFrame:
    """Published totals in percent: index_code, area, component, target_year, observed."""
    rows = known.scores
    rows = rows[
        (rows["statistic"] == "value")
        & (rows["component"] == TOTAL)
        & rows["score"].notna()
        & rows["year"].between(FIRST_TARGET, spec.target_year - 1)
        & rows["area"].isin(known.provinces)
    ]
    columns = ["index_code", "area", "component", "year", "score"]
    return rows[columns].rename(columns={"year": "target_year", "score": "observed"})


def _not_among(outcomes: pd.DataFrame, out: pd.DataFrame) -> pd.DataFrame:
    """Leave out what was published already: a figure that a forecast could see is no test of it."""
    seen = pd.MultiIndex.from_frame(out[KEYS])
    return outcomes[~pd.MultiIndex.from_frame(outcomes[KEYS]).isin(seen)]


def same_day(day: dt.date, years: int) -> dt.date:
    """The same day some years away; 28 February stands for the 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
