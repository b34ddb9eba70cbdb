"""The record of the PAR Index: totals, domains and ranks of past years, as known on the same day of each."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd

from benchmarks.goals import RESULT_COLUMNS
from forecast.answer import panel_forecast, record
from forecast.answer.result import RANK, SETTLED
from forecast.base.spec import RunSpec
from forecast.data import load

DATA = Path(__file__).resolve().parents[1] / "data"
DAY = dt.date(2024, 10, 20)


def measured() -> pd.DataFrame:
    """Score the record of the project's own tables."""
    vintages = load.read_vintages(DATA)
    known = vintages.known_at(DAY)
    spec = RunSpec(index_code="PAR", area=known.provinces[0], target_year=DAY.year, as_of=DAY)
    return summed(
        record.joined(record.past_forecasts(vintages, known, spec, panel_forecast.forecast_rows)).cells
    )


def summed(cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of the results: mean error, CRPS (of ranks: RPS) and coverage over the cells of each model.

    The years on which settings were chosen and those after them stand beside all.
    """
    domain = cells["component"].str.fullmatch(r"D\d")
    kinds = {
        "totals": (cells["component"] == "total") & (cells["index_code"] == "PAR"),
        "sipas": (cells["component"] == "total") & (cells["index_code"] == "SIPAS"),
        "domains": domain,
        "ranks": (cells["component"] == RANK) & (cells["index_code"] == "PAR"),
        "sipas_ranks": (cells["component"] == RANK) & (cells["index_code"] == "SIPAS"),
    }
    settled = cells["target_year"] <= SETTLED
    periods = {"": settled | True, "_settled": settled, "_after": ~settled}
    rows = [
        (f"record_{kind}{ending}", model, *figure)
        for kind, of_kind in kinds.items()
        for ending, of_period in periods.items()
        for model, own in cells[of_kind & of_period].groupby("model", sort=False)
        for figure in _figures(own)
    ]
    columns = ["contest", "model", "figure", "value", "years", "cells"]
    return pd.DataFrame(rows, columns=columns).reindex(columns=RESULT_COLUMNS)


def _figures(own: pd.DataFrame) -> list[tuple[str, float, int, int]]:
    error = (own["median"] - own["observed"]).abs().mean()
    inside = own["observed"].between(own["lower"], own["upper"]).mean()
    told = {"crps": own["crps"].mean(), "mae": error, "coverage_80": inside}
    return [(name, value, own["target_year"].nunique(), len(own)) for name, value in told.items()]
