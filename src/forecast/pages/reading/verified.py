"""Past forecasts of totals, domains and ranks of a Result: how far off, and how often the range held.

Years on which settings were chosen are told apart from later ones, as a range that fits the years it was
made on proves nothing.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from forecast.answer.result import RANK, SETTLED, Result
from forecast.base.indexes import panel_of
from forecast.pages.reading.past import BASELINE
from forecast.pages.reading.rows import TOTAL, domains, recorded_model
from forecast.pages.reading.wording import survey

PLAIN_RANK: Final = "last_rank"
PERIODS: Final = ("settled", "after")
MEASURES: Final = {
    "years": ("target_year", "nunique"),
    "first": ("target_year", "min"),
    "last": ("target_year", "max"),
    "cells": ("crps", "size"),
    "error": ("error", "mean"),
    "inside": ("inside", "mean"),
    "crps": ("crps", "mean"),
}


def past_cells(result: Result) -> pd.DataFrame:
    """Give the scored past forecasts of the run's index, and of the survey.

    Returns
    -------
    DataFrame
        `Result.verification` with error (absolute), miss (forecast less result), inside (whether the 80
        percent range held) and period: "settled" up to the last year on which settings were chosen, "after".
    """
    made = result.verification
    made = made.loc[made["index_code"].isin([result.spec.index_code, survey(result.spec.index_code)])]
    miss = made["median"] - made["observed"]
    return made.assign(
        miss=miss,
        error=miss.abs(),
        inside=made["observed"].between(made["lower"], made["upper"]).astype(float),
        period=[PERIODS[year > SETTLED] for year in made["target_year"]],
    )


def periods(result: Result) -> pd.DataFrame:
    """Sum up the totals by the years on which settings were chosen, and those after them.

    Returns
    -------
    DataFrame
        index_code, period ("settled", "after"; of the survey also "same_method": all years but those with a
        new questionnaire), and years, first, last, cells, error, inside, crps.
    """
    made = past_cells(result)
    made = made.loc[(made["component"] == TOTAL) & (made["model"] == recorded_model(result))]
    asked = made.loc[made["index_code"] == survey(result.spec.index_code)]
    if asked["new_method"].any():
        made = pd.concat([made, asked.loc[~asked["new_method"].astype(bool)].assign(period="same_method")])
    sums = made.groupby(["index_code", "period"]).agg(**MEASURES).reset_index()
    places = {name: place for place, name in enumerate((*PERIODS, "same_method"))}
    own_first = sums["index_code"] != result.spec.index_code
    order = sums.assign(other=own_first, place=sums["period"].map(places)).sort_values(["other", "place"])
    return order.drop(columns=["other", "place"]).reset_index(drop=True)


def new_method_years(result: Result, index_code: str) -> list[int]:
    """Give the years of the record in which an index changed its method."""
    made = result.verification
    marked = made["new_method"].astype(bool) & (made["index_code"] == index_code)
    return sorted({int(year) for year in made.loc[marked, "target_year"]})


def year_errors(result: Result) -> pd.DataFrame:
    """Give what the provinces of a year were missed by in common.

    Returns
    -------
    DataFrame
        target_year, miss (mean of forecast less result), cells; ascending.
    """
    made = past_cells(result)
    own = (made["component"] == TOTAL) & (made["model"] == recorded_model(result))
    made = made.loc[own & (made["index_code"] == result.spec.index_code)]
    return made.groupby("target_year").agg(miss=("miss", "mean"), cells=("miss", "size")).reset_index()


def past_components(result: Result) -> pd.DataFrame:
    """Sum up the total, the domains and their parts, with the last value's error on the cells that it has.

    Returns
    -------
    DataFrame
        component, years, first, last, cells, error, inside, crps, and compared (cells that the last value
        forecast too), compared_crps, base_crps (on these); in the order of the summary.
    """
    made = past_cells(result)
    made = made.loc[(made["index_code"] == result.spec.index_code) & (made["component"] != RANK)]
    own = made.loc[made["model"] == recorded_model(result)]
    base = made.loc[made["model"] == BASELINE]
    cell = ["component", "area", "target_year"]
    pairs = own.merge(base[[*cell, "crps"]], on=cell, suffixes=("", "_base"))
    beside = pairs.groupby("component").agg(
        compared=("crps", "size"), compared_crps=("crps", "mean"), base_crps=("crps_base", "mean")
    )
    sums = own.groupby("component").agg(**MEASURES).join(beside)
    order = [name for name in result.summary["component"] if name in sums.index]
    return sums.loc[order].rename_axis("component").reset_index()


def past_years(result: Result, count: int = 3) -> pd.DataFrame:
    """Sum up the last years one by one: totals, survey, domains and ranks, beside repeating the last figure.

    Returns
    -------
    DataFrame
        target_year, index_code, kind (total, domains, rank), new_method, cells, error, inside, crps (of
        ranks the ranked probability score), and compared, compared_crps, base_crps on the cells that the last
        value, or the last rank, forecast too.
    """
    made = past_cells(result)
    made = made[made["target_year"] > made["target_year"].max() - count]
    own_domains = set(domains(result)["component"])
    kinds = {TOTAL: TOTAL, RANK: RANK, **dict.fromkeys(own_domains, "domains")}
    made = made.assign(kind=made["component"].map(kinds)).dropna(subset=["kind"])
    own = made[made["model"] == recorded_model(result)]
    base = made[made["model"].isin([BASELINE, PLAIN_RANK])]
    cell = ["index_code", "component", "area", "target_year"]
    pairs = own.merge(base[[*cell, "crps"]], on=cell, suffixes=("", "_base"))
    key = ["target_year", "index_code", "kind"]
    beside = pairs.groupby(key).agg(
        compared=("crps", "size"), compared_crps=("crps", "mean"), base_crps=("crps_base", "mean")
    )
    more = {"new_method": ("new_method", "max"), **MEASURES}
    sums: pd.DataFrame = own.groupby(key).agg(**more).join(beside).reset_index()
    places = {TOTAL: 0, "domains": 1, RANK: 2}
    order = sums.assign(other=sums["index_code"] != result.spec.index_code, place=sums["kind"].map(places))
    order = order.sort_values(["target_year", "other", "place"]).drop(columns=["other", "place"])
    return order.reset_index(drop=True)


def past_domains(result: Result) -> pd.DataFrame:
    """Sum up all domains by period: period, years, first, last, cells, error, inside, crps."""
    made = past_cells(result)
    own = made["component"].isin(domains(result)["component"]) & (made["model"] == recorded_model(result))
    sums = made.loc[own].groupby("period").agg(**MEASURES)
    return sums.loc[[period for period in PERIODS if period in sums.index]].reset_index()


def past_ranks(result: Result) -> pd.DataFrame:
    """Sum up the ranks by period, for the model and for a plain step from last year's rank.

    Returns
    -------
    DataFrame
        period, model, years, first, last, cells, error, inside, crps (the ranked probability score).
    """
    made = past_cells(result)
    made = made.loc[(made["component"] == RANK) & (made["index_code"] == result.spec.index_code)]
    made = made.loc[made["model"].isin([recorded_model(result), PLAIN_RANK])]
    sums = made.groupby(["period", "model"], sort=False).agg(**MEASURES).reset_index()
    plain = sums["model"] == PLAIN_RANK
    order = sums.assign(plain=plain, place=sums["period"].map(PERIODS.index)).sort_values(["place", "plain"])
    return order.drop(columns=["plain", "place"]).reset_index(drop=True)


def provinces_with(result: Result, component: str) -> tuple[int, bool]:
    """Count the provinces whose figures of a component are used, and tell if the area is among them."""
    rows = result.evidence
    used = (rows["index_code"] == panel_of(result.spec.index_code)) & rows["use"].isin(["score", "rank"])
    areas = set(rows.loc[used & (rows["component"] == component), "area"])
    return len(areas), result.spec.area in areas
