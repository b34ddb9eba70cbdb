"""Summarise the scored past forecasts of a Result by period, year, domain and rank.

Years on which settings were chosen are kept apart from later ones, as a range that fits the years it was
made on proves nothing.
"""

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

    Gives `Result.verification` with error (absolute), miss (forecast less result), inside (whether the 80
    percent range held) and period: "settled" up to the last year on which settings were chosen, "after".
    """
    table = result.verification
    table = table.loc[table["index_code"].isin([result.spec.index_code, survey(result.spec.index_code)])]
    miss = table["median"] - table["observed"]
    return table.assign(
        miss=miss,
        error=miss.abs(),
        inside=table["observed"].between(table["lower"], table["upper"]).astype(float),
        period=[PERIODS[year > SETTLED] for year in table["target_year"]],
    )


def periods(result: Result) -> pd.DataFrame:
    """Sum up the totals by the years on which settings were chosen, and those after them.

    Gives index_code, period ("settled", "after"; of the survey also "same_method": all years but those with a
    new questionnaire), and years, first, last, cells, error, inside, crps.
    """
    past = past_cells(result)
    past = past.loc[(past["component"] == TOTAL) & (past["model"] == recorded_model(result))]
    own = past.loc[past["index_code"] == survey(result.spec.index_code)]
    if own["new_method"].any():
        past = pd.concat([past, own.loc[~own["new_method"].astype(bool)].assign(period="same_method")])
    sums = past.groupby(["index_code", "period"]).agg(**MEASURES).reset_index()
    places = {name: place for place, name in enumerate((*PERIODS, "same_method"))}
    own_first = sums["index_code"] != result.spec.index_code
    order = sums.assign(other=own_first, place=sums["period"].map(places)).sort_values(["other", "place"])
    return order.drop(columns=["other", "place"]).reset_index(drop=True)


def new_method_years(result: Result, index_code: str) -> list[int]:
    """Give the years of the record in which an index changed its method."""
    table = result.verification
    new_method = table["new_method"].astype(bool) & (table["index_code"] == index_code)
    return sorted({int(year) for year in table.loc[new_method, "target_year"]})


def year_errors(result: Result) -> pd.DataFrame:
    """Give the mean error over all provinces of each year.

    Gives target_year, miss (mean of forecast less result), cells; ascending.
    """
    past = past_cells(result)
    own = (past["component"] == TOTAL) & (past["model"] == recorded_model(result))
    past = past.loc[own & (past["index_code"] == result.spec.index_code)]
    return past.groupby("target_year").agg(miss=("miss", "mean"), cells=("miss", "size")).reset_index()


def past_components(result: Result) -> pd.DataFrame:
    """Sum up the total, the domains and their parts, with the last value's error on the cells that it has.

    Gives component, years, first, last, cells, error, inside, crps, and compared (cells that the last value
    forecast too), compared_crps, base_crps (on these); in the order of the summary.
    """
    past = past_cells(result)
    past = past.loc[(past["index_code"] == result.spec.index_code) & (past["component"] != RANK)]
    own = past.loc[past["model"] == recorded_model(result)]
    base = past.loc[past["model"] == BASELINE]
    sums = own.groupby("component").agg(**MEASURES).join(_compare(own, base, ["component"]))
    order = [name for name in result.summary["component"] if name in sums.index]
    return sums.loc[order].rename_axis("component").reset_index()


def past_years(result: Result) -> pd.DataFrame:
    """Sum up the last years one by one: totals, survey, domains and ranks, beside repeating the last figure.

    Gives target_year, index_code, kind (total, domains, rank), new_method, cells, error, inside, crps (of
    ranks the ranked probability score), and compared, compared_crps, base_crps on the cells that the last
    value, or the last rank, forecast too.
    """
    past = past_cells(result)
    past = past[past["target_year"] > past["target_year"].max() - 3]
    own_domains = set(domains(result)["component"])
    kinds = {TOTAL: TOTAL, RANK: RANK, **dict.fromkeys(own_domains, "domains")}
    past = past.assign(kind=past["component"].map(kinds)).dropna(subset=["kind"])
    own = past[past["model"] == recorded_model(result)]
    base = past[past["model"].isin([BASELINE, PLAIN_RANK])]
    key = ["target_year", "index_code", "kind"]
    more = {"new_method": ("new_method", "max"), **MEASURES}
    sums: pd.DataFrame = own.groupby(key).agg(**more).join(_compare(own, base, key)).reset_index()
    places = {TOTAL: 0, "domains": 1, RANK: 2}
    order = sums.assign(other=sums["index_code"] != result.spec.index_code, place=sums["kind"].map(places))
    order = order.sort_values(["target_year", "other", "place"]).drop(columns=["other", "place"])
    return order.reset_index(drop=True)


def _compare(own: pd.DataFrame, base: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Compare the CRPS of two models on the cells that both forecast: compared, compared_crps, base_crps."""
    cell = ["index_code", "component", "area", "target_year"]
    pairs = own.merge(base[[*cell, "crps"]], on=cell, suffixes=("", "_base"))
    return pairs.groupby(key).agg(
        compared=("crps", "size"), compared_crps=("crps", "mean"), base_crps=("crps_base", "mean")
    )


def past_domains(result: Result) -> pd.DataFrame:
    """Sum up all domains by period: period, years, first, last, cells, error, inside, crps."""
    past = past_cells(result)
    own = past["component"].isin(domains(result)["component"]) & (past["model"] == recorded_model(result))
    sums = past.loc[own].groupby("period").agg(**MEASURES)
    return sums.loc[[period for period in PERIODS if period in sums.index]].reset_index()


def past_ranks(result: Result) -> pd.DataFrame:
    """Sum up the ranks by period, for the model and for a plain step from last year's rank.

    Gives period, model, years, first, last, cells, error, inside, crps (the ranked probability score).
    """
    past = past_cells(result)
    past = past.loc[(past["component"] == RANK) & (past["index_code"] == result.spec.index_code)]
    past = past.loc[past["model"].isin([recorded_model(result), PLAIN_RANK])]
    sums = past.groupby(["period", "model"], sort=False).agg(**MEASURES).reset_index()
    plain = sums["model"] == PLAIN_RANK
    order = sums.assign(plain=plain, place=sums["period"].map(PERIODS.index)).sort_values(["place", "plain"])
    return order.drop(columns=["plain", "place"]).reset_index(drop=True)


def provinces_with(result: Result, component: str) -> tuple[int, bool]:
    """Count the provinces whose figures of a component are used, and tell if the area is among them."""
    rows = result.evidence
    is_used = (rows["index_code"] == panel_of(result.spec.index_code)) & rows["use"].isin(["score", "rank"])
    areas = set(rows.loc[is_used & (rows["component"] == component), "area"])
    return len(areas), result.spec.area in areas
