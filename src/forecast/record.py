"""How good earlier forecasts would have been: the same forecast with an earlier day, and what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final, Protocol, TypeVar

import pandas as pd

from forecast.errors import ForecastError
from forecast.framework import TOTAL
from forecast.load import Known, Vintages
from forecast.spec import RunSpec

T = TypeVar("T")
R = TypeVar("R")
Rows = Callable[[Known, RunSpec], pd.DataFrame]

COLUMNS: Final = (
    *("model", "index_code", "area", "component", "target_year", "as_of"),
    *("output_type_id", "value", "observed"),
)
KEYS: Final = ["index_code", "area", "component", "target_year"]
FIRST_TARGET: Final = 2018


class Each(Protocol):
    """Does a piece of work for each item, like `map`; perhaps in several processes, so all must pickle."""

    def __call__(self, work: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Begin; results come in the order of the items."""
        ...


def past_forecasts(
    vintages: Vintages, known: Known, spec: RunSpec, rows: Rows, each: Each = map
) -> Iterator[pd.DataFrame]:
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
    each : callable
        Does the years; may do so beside the caller's own work.

    Returns
    -------
    iterator of DataFrame
        The years' parts, for `joined`.
    """
    outcomes = _outcomes(known, spec)
    return each(partial(_of_year, vintages, outcomes, spec, rows), sorted(set(outcomes["target_year"])))


def joined(parts: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Join the years of a record.

    Returns
    -------
    DataFrame
        `COLUMNS`: one row per model, area, component, year and quantile level with an outcome;
        points, or percent for SIPAS.
    """
    there = [part for part in parts if len(part)]
    return pd.concat(there, ignore_index=True)[list(COLUMNS)] if there else no_record()


def _of_year(
    vintages: Vintages, outcomes: pd.DataFrame, spec: RunSpec, rows: Rows, year: int
) -> pd.DataFrame:
    day = same_day(spec.as_of, year - spec.target_year)
    try:
        then = vintages.known_at(day)
        made = rows(then, replace(spec, target_year=int(year), as_of=day, force=False))
    except ForecastError:
        return no_record()  # nothing was known by that day, or the year was out already
    made = made[made["output_type"] == "quantile"]
    came = _not_among(outcomes[outcomes["target_year"] == year], _outcomes(then, spec))
    return made.merge(came, on=KEYS)


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
