"""Forecast earlier years again, each as of the same day of its year, and score them against the results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, TypeVar

import pandas as pd

from forecast.answer.result import RANK
from forecast.answer.verify import FACTS, MEASURES, scored
from forecast.base import stop
from forecast.base.errors import ForecastError
from forecast.base.indexes import panel_of
from forecast.base.spec import RunSpec, same_day
from forecast.data.framework import TOTAL, WHOLE, breaks, framework_for, frameworks_for
from forecast.data.load import Known, Vintages

T = TypeVar("T")
R = TypeVar("R")
Rows = Callable[[Known, RunSpec], pd.DataFrame]

COLUMNS: Final = (
    *("model", "index_code", "area", "component", "target_year", "as_of"),
    *("output_type_id", "value", "observed"),
)
KEYS: Final = ["index_code", "area", "component", "target_year"]
FIRST_TARGET: Final = 2018


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Forecasts of earlier years as they would have been made, with what came."""

    # `COLUMNS`: the totals, one row per model, area, year and quantile level with an outcome; points, or
    # percent for SIPAS
    quantiles: pd.DataFrame
    # See `verify.scored`: totals, domains, their parts and ranks, one row a forecast.  Not the quantiles of
    # all of them: a complete office has a million.
    cells: pd.DataFrame


class Mapper(Protocol):
    """A function like `map`, perhaps with several processes, so the function and the items must pickle."""

    def __call__(self, work: Callable[[T], R], items: Iterable[T], /) -> Iterator[R]:
        """Start the work; results come in the order of the items."""
        ...


def past_forecasts(
    vintages: Vintages, known: Known, spec: RunSpec, rows: Rows, mapper: Mapper = map
) -> Iterator[Past]:
    """Forecast each earlier year as it would have been on the same day of that year: parts for `joined`.

    From the vintages each earlier day is cut; the scores of `known`, as published (not `for_year`), are the
    outcomes.  `rows` forecasts: it gives FORECAST rows from what was known and a spec.  `mapper` does the
    years, and may do so beside the caller's own work.
    """
    results = outcomes(known, spec.index_code, FIRST_TARGET, spec.target_year - 1)
    return mapper(partial(of_year, vintages, results, spec, rows), sorted(set(results["target_year"])))


def joined(parts: Iterable[Past]) -> Past:
    """Join the years of a record."""
    filled = [part for part in parts if len(part.cells)]
    if not filled:
        return no_record()
    quantiles, cells = (
        pd.concat([getattr(part, name) for part in filled], ignore_index=True)
        for name in ("quantiles", "cells")
    )
    return Past(quantiles, cells)


def of_year(vintages: Vintages, results: pd.DataFrame, spec: RunSpec, rows: Rows, year: int) -> Past:
    """Forecast one year as of the same day of it and score it; `results` is that of `outcomes`."""
    stop.check()
    day = same_day(spec.as_of, year - spec.target_year)
    try:
        known_then = vintages.known_at(day).of(spec.index_code)
        anyone = known_then.for_year(int(year)).provinces[0]
        rows_of_year = rows(
            known_then, replace(spec, area=anyone, target_year=int(year), as_of=day, force=False)
        )
    except ForecastError:
        return no_record()  # nothing was known by that day, or the year was out already
    published = outcomes(known_then, spec.index_code, year, year)
    new = _not_among(results[results["target_year"] == year], published)
    rows_of_year = rows_of_year.merge(_in_points(new, known_then, year, panel_of(spec.index_code)), on=KEYS)
    if rows_of_year.empty:
        return no_record()
    totals = (rows_of_year["output_type"] == "quantile") & (rows_of_year["component"] == TOTAL)
    return Past(rows_of_year.loc[totals, list(COLUMNS)], scored(rows_of_year))


def no_record() -> Past:
    """A record without rows."""
    return Past(pd.DataFrame(columns=list(COLUMNS)), pd.DataFrame(columns=[*FACTS, *MEASURES]))


def outcomes(known: Known, index_code: str, first: int, last: int) -> pd.DataFrame:
    """Published results of the years from `first` to `last`.

    Gives `KEYS`, observed (percent of the maximum, the total as published, or the rank), new_method, and the
    day and source of the figure.  What is no component of the framework has no percent.
    """
    rows = known.scores
    rows = rows[
        (rows["statistic"] == "value")
        & rows["year"].between(first, last)
        & rows["area"].isin(known.areas.loc[known.areas["kind"] == "province", "area"])
    ].rename(columns={"year": "target_year"})
    scores = rows[rows["score"].notna()]
    ranks = rows[(rows["component"] == TOTAL) & rows["rank"].notna()]
    figures = pd.concat(
        [
            scores.assign(observed=_percent(scores, known, panel_of(index_code))),
            ranks.assign(observed=ranks["rank"], component=RANK),
        ]
    )
    changed = {(code, year) for code in set(figures["index_code"]) for year in breaks(known.events, code)}
    pairs = zip(figures["index_code"], figures["target_year"], strict=True)
    columns = [*KEYS, "observed", "new_method", "published_on", "source_url"]
    return figures.assign(new_method=[pair in changed for pair in pairs])[columns]


def _percent(scores: pd.DataFrame, known: Known, index: str) -> pd.Series[float]:
    """Published scores in percent of the maximum printed beside them, else of their year's framework."""
    years = sorted(set(scores["target_year"]))
    frameworks = frameworks_for(known.frameworks, known.events, index, years, known.as_of)
    cells = list(zip(scores["target_year"], scores["component"], strict=True))
    of_cell = {(y, c): WHOLE if c == TOTAL else frameworks[y].maximum(c) for y, c in set(cells)}
    maxima = [of_cell[cell] for cell in cells]
    printed = scores["max_score"].where(scores["component"] != TOTAL)
    maximum = printed.fillna(pd.Series(maxima, index=scores.index))
    return scores["score"].where(scores["unit"] == "percent", WHOLE * scores["score"] / maximum)


def _in_points(results: pd.DataFrame, then: Known, year: int, index: str) -> pd.DataFrame:
    """Turn percent into points of the maxima that a forecast of that day was made in."""
    framework = framework_for(then.frameworks, then.events, index, year, then.as_of)
    whole = (results["component"].isin([TOTAL, RANK])) | (results["index_code"] != index)
    maxima = {component: framework.maximum(component) for component in set(results.loc[~whole, "component"])}
    factor = (results["component"].map(maxima) / WHOLE).where(~whole, 1.0)
    return results.assign(observed=results["observed"] * factor)


def _not_among(outcomes: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Leave out results that were published before the forecast's day: they are no test of it."""
    published_keys = pd.MultiIndex.from_frame(published[KEYS])
    return outcomes[~pd.MultiIndex.from_frame(outcomes[KEYS]).isin(published_keys)]
