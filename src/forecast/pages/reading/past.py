"""Score the past forecasts of a Result: coverage of ranges, skill by year, the city's record."""

from typing import Final

import numpy as np
import pandas as pd

from forecast.answer.result import Result
from forecast.base.spec import interval_ends
from forecast.model import score
from forecast.pages.reading.rows import TOTAL, recorded_model

BASELINE: Final = "last_value"
KEY: Final = ["model", "index_code", "area", "component", "target_year"]


def cells(result: Result) -> pd.DataFrame:
    """Lay past forecasts out, one row a forecast.

    Gives the key, observed, and one column for each quantile level (a float): the cells of the run's index
    whose outcome is known.
    """
    long = result.backtest.dropna(subset=["observed", "value"])
    long = long.loc[long["index_code"] == result.spec.index_code]
    long = long.assign(level=long["output_type_id"].astype(float).round(4))
    wide = long.pivot_table(index=[*KEY, "observed"], columns="level", values="value", observed=True)
    return wide.dropna(axis=0).reset_index()


def coverage(result: Result, *, first: int = 0, last: int = 9999) -> pd.DataFrame:
    """Count how many outcomes lay inside the ranges of the main model, in the target years `first` to `last`.

    Gives level (percent), share, lower, upper (80 percent bootstrap range over years), years, cells.
    """
    past = cells(result)
    past = past.loc[(past["model"] == recorded_model(result)) & past["target_year"].between(first, last)]
    rows = []
    for level in result.spec.levels:
        low, high = interval_ends(level)
        if past.empty or not {low, high} <= set(past.columns):
            continue
        inside = score.inside(past["observed"].to_numpy(), past[low].to_numpy(), past[high].to_numpy())
        rng = np.random.default_rng(result.spec.seed)
        outcome = score.coverage(inside, past["target_year"].to_numpy(), rng=rng)
        rows.append((level, outcome.coverage, outcome.lower, outcome.upper, outcome.years, outcome.cells))
    return pd.DataFrame(rows, columns=["level", "share", "lower", "upper", "years", "cells"])


def skill_by_year(result: Result) -> pd.DataFrame:
    """Compare the main model with repeating last year, on the cells that both forecast.

    Gives target_year, skill (share by which the mean CRPS is smaller), cells; ascending.
    """
    past = cells(result)
    levels = sorted(set(past.columns).difference([*KEY, "observed"]))
    if past.empty:
        return pd.DataFrame(columns=["target_year", "skill", "cells"])
    past["crps"] = score.crps_from_quantiles(past["observed"], past[levels].to_numpy(), levels=levels)
    own = past.loc[past["model"] == recorded_model(result)]
    base = past.loc[past["model"] == BASELINE]
    pair = own.merge(base, on=KEY[1:], suffixes=("", "_base"))
    means = pair.groupby("target_year").agg(
        crps=("crps", "mean"), base=("crps_base", "mean"), cells=("crps", "size")
    )
    table = means.assign(skill=1 - means["crps"] / means["base"]).reset_index()
    return table[["target_year", "skill", "cells"]]


def record(result: Result) -> pd.DataFrame:
    """Give the city's past forecasts of its total by the main model.

    Gives target_year, median, lower, upper (80 percent), lower95, upper95, observed, and repeated: what
    repeating last year would have said (NaN if it said nothing); ascending.
    """
    past = cells(result)
    names = {0.5: "median", 0.1: "lower", 0.9: "upper", 0.025: "lower95", 0.975: "upper95"}
    columns = ["target_year", *names.values(), "observed", "repeated"]
    if past.empty or not set(names) <= set(past.columns):
        return pd.DataFrame(columns=columns)
    total = past.loc[(past["area"] == result.spec.area) & (past["component"] == TOTAL)].rename(columns=names)
    base = total.loc[total["model"] == BASELINE].set_index("target_year")["median"]
    own = total.loc[total["model"] == recorded_model(result)]
    table = own.assign(repeated=own["target_year"].map(base).astype(float))
    return table[columns].sort_values("target_year").reset_index(drop=True)
